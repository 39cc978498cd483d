"""What a request says of how its pictures are drawn, made what the engine takes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image

from deployments.engine.control_union import num_modes
from deployments.engine.equipment import Equipment
from deployments.engine.layout import Box
from deployments.engine.request import CalmRequest, ControlRequest, ImageRequest, ReferenceRequest, RegionRequest
from deployments.image_store import ImageStore
from deployments.input_images import load_picture
from deployments.schemas import Box as Shares
from deployments.schemas import ControlImage, ControlKind, Controls, Reference, Region
from deployments.specs import ReferenceSpec

ADAPTER, CONTROL_NET = "references", "controls"  # the engine's names of those that are loaded
MAX_REFERENCE_PX = 1024  # of the shorter side
HORIZON_WORDS = ((0.51, "high horizon"), (0.69, "the horizon halfway up"), (1.0, "low horizon"))  # until which share
SKY_MARGIN = 0.02  # share of the height that hilltops may reach above the horizon
OFF_CENTRE = 0.15  # share of the picture, from which a box lies on a side


@dataclass(frozen=True, eq=False)  # arrays do not compare
class LoadedControls:
    controls: Controls
    references: tuple[ReferenceRequest, ...]
    drawings: tuple[ControlRequest, ...] = ()

    def put_into(self, request: ImageRequest) -> ImageRequest:
        controls = self.controls
        return replace(
            request,
            prompt=_with_horizon(_with_copy_space(request.prompt, controls.copy_space), controls.horizon),
            sampler=controls.sampler,
            guidance_rescale=controls.guidance_rescale,
            references=self.references,
            controls=self.drawings,
            regions=tuple(map(_region, controls.regions)),
            calm=tuple(CalmRequest(_box(box)) for box in _calm_boxes(controls)),
        )


def load_controls(store: ImageStore, controls: Controls, adapter: str = ADAPTER) -> LoadedControls:
    """`adapter`: the reference adapter's name in the engine.

    Raises GenerationFailed when an image has been deleted meanwhile, or is not the one that was accepted.
    """
    references = tuple(_reference(store, reference, adapter) for reference in controls.references)
    return LoadedControls(controls, references, tuple(_drawing(store, image) for image in controls.control_images))


def load_reference_adapter(equipment: Equipment, folder: Path, spec: ReferenceSpec) -> bool:
    """Whether the model's folder has one. Raises ModelFolderError for one that does not load."""
    adapter = folder / spec.adapter
    if not adapter.exists():
        return False
    equipment.load_reference_adapter(ADAPTER, adapter, folder / spec.encoder)
    return True


def load_control_net(equipment: Equipment, folder: Path) -> tuple[ControlKind, ...]:
    """Of which kinds it takes images; none where there is no such folder. Raises ModelFolderError for a broken one."""
    if not folder.exists():
        return ()
    equipment.controls.load_union(CONTROL_NET, folder)
    return get_args(ControlKind)[: num_modes(equipment.controls.get(CONTROL_NET))]


def _with_copy_space(prompt: str, box: Shares | None) -> str:
    """In words as well, as far as there are any for the place: a scene then leaves it, where calm alone would cut."""
    side = box and _side(box)
    return f"{prompt}, copy space {side}" if prompt and side and "copy space" not in prompt.lower() else prompt


def _with_horizon(prompt: str, horizon: float | None) -> str:
    if horizon is None or not prompt or "horizon" in prompt.lower():
        return prompt
    return f"{prompt}, {next(words for until, words in HORIZON_WORDS if horizon <= until)}"


def _calm_boxes(controls: Controls) -> list[Shares]:
    """What no detail may come into; the sky too, so that the ground ends where it should."""
    sky = controls.horizon and (0.0, 0.0, 1.0, controls.horizon - SKY_MARGIN)
    return [box for box in (controls.copy_space, controls.logo_box, sky) if box]


def _side(box: Shares) -> str | None:
    """Which side of the picture the box lies on; None in the middle."""
    left, top, width, height = box
    across, down = left + width / 2 - 0.5, top + height / 2 - 0.5
    if max(abs(across), abs(down)) < OFF_CENTRE:
        return None
    if abs(across) > abs(down):
        return "on the left" if across < 0 else "on the right"
    return "at the top" if down < 0 else "at the bottom"


def _reference(store: ImageStore, reference: Reference, adapter: str) -> ReferenceRequest:
    return ReferenceRequest(
        adapter=adapter,
        pixels_HWC=np.asarray(_no_larger(load_picture(store, reference.image))),
        weight=reference.weight,
        gates=reference.mode,
        box=reference.box and _box(reference.box),
        start_fraction=reference.start,
        end_fraction=reference.end,
    )


def _drawing(store: ImageStore, image: ControlImage) -> ControlRequest:
    return ControlRequest(
        model_id=CONTROL_NET,
        image_HWC=np.asarray(load_picture(store, image.image)),
        scale=image.strength,
        start_fraction=image.start,
        end_fraction=image.end,
        mode=image.kind,
    )


def _no_larger(image: Image.Image) -> Image.Image:
    """Encoders see a few hundred pixels; a whole photograph would lie in memory until its picture is drawn."""
    shrink = MAX_REFERENCE_PX / min(image.size)
    if shrink >= 1:
        return image
    width_px, height_px = (round(side_px * shrink) for side_px in image.size)
    return image.resize((width_px, height_px), Image.Resampling.BICUBIC)


def _region(region: Region) -> RegionRequest:
    return RegionRequest(region.prompt, _box(region.box), region.strength)


def _box(shares: Shares) -> Box:
    left, top, width, height = shares
    return Box(left, top, min(left + width, 1.0), min(top + height, 1.0))
