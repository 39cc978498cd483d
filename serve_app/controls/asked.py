"""How a picture was asked to be drawn, in the words of a request, so that it can be asked for again."""

from pathlib import PurePosixPath
from typing import cast

from pydantic import BaseModel, Field

from deployments.schemas import AdapterUse, ControlImage, Controls, GenerationRequest, KeylineUse, Reference
from deployments.specs import Sampler
from serve_app.controls.compositions import CompositionName
from serve_app.controls.schemas import (
    FULL_STYLE_WEIGHT,
    Colour,
    ControlDrawing,
    KeylineBody,
    Layout,
    LayoutRegion,
    StyleImage,
)

UPLOADS = "files"  # the folder of the image store; what a set's hero gives to its items lies elsewhere


class Asked(BaseModel):
    """What each field of a request would say; an image that came with a style is told here too."""

    style_images: list[StyleImage] = Field(description="with `style_strength` 1")
    control_images: list[ControlDrawing]
    layout: Layout
    palette: list[Colour]
    lora: list[AdapterUse]
    model_version: str | None = Field(description="absent: the one that was live")
    sampler: Sampler
    guidance_rescale: float

    @classmethod
    def of(cls, plan: GenerationRequest) -> "Asked":
        controls = plan.controls
        return cls(
            style_images=[_style_image(one) for one in controls.references if _is_upload(one)],
            control_images=[_drawing(one) for one in controls.control_images],
            layout=_layout(controls),
            palette=["#{:02x}{:02x}{:02x}".format(*colour) for colour in controls.palette],
            lora=list(plan.loras),
            model_version=plan.model_version,
            sampler=controls.sampler,
            guidance_rescale=controls.guidance_rescale,
        )


def _is_upload(reference: Reference) -> bool:
    return PurePosixPath(reference.image.key).parent.name == UPLOADS


def _style_image(reference: Reference) -> StyleImage:
    return StyleImage(
        file_id=PurePosixPath(reference.image.key).stem,
        strength=reference.weight / FULL_STYLE_WEIGHT,
        mode=reference.mode,
        start=reference.start,
        end=reference.end,
        box=reference.box and [*reference.box],
    )


def _drawing(one: ControlImage) -> ControlDrawing:
    heard = one.model_dump(exclude={"image"})
    return ControlDrawing(file_id=PurePosixPath(one.image.key).stem, **heard)


def _layout(controls: Controls) -> Layout:
    template = controls.composition and controls.composition.partition("@")[0]
    return Layout(
        template=cast(CompositionName | None, template),
        regions=[LayoutRegion(box=[*one.box], prompt=one.prompt, strength=one.strength) for one in controls.regions],
        copy_space=controls.copy_space and [*controls.copy_space],
        logo_box=controls.logo_box and [*controls.logo_box],
        horizon=controls.horizon,
        keyline=_keyline(controls.keyline) if controls.keyline else None,
    )


def _keyline(use: KeylineUse) -> KeylineBody:
    return KeylineBody.model_validate(
        {
            "template": use.template.partition("@")[0], "padding": (1 - use.live_side) / 2,
            "optical_size": use.optical_side, "anchor": [*use.anchor],
        }
    )  # fmt: skip
