"""From what callers say of how a picture is drawn to what a service is told: files found, limits checked."""

from collections.abc import Sequence
from math import sqrt

from deployments.errors import InvalidRequest, NotFound
from deployments.schemas import Box, ControlImage, Controls, GenerationRequest, Reference, Region, StoredImage
from deployments.specs import ProfileSpec
from serve_app.controls.arrange import arranged, reference
from serve_app.controls.keyline import use_of
from serve_app.controls.schemas import (
    FULL_STYLE_WEIGHT,
    STYLE_STRENGTH,
    ControlDrawing,
    ControlsBody,
    Layout,
    StyleImage,
)
from serve_app.deps import Call
from serve_app.plan import kind_of

ASK_TIMEOUT_S = 5.0


async def put_controls(call: Call, body: ControlsBody, model: str, plan: GenerationRequest) -> GenerationRequest:
    """The plan with what `body` says. Raises InvalidRequest, NotFound (also for another user's file) or Unavailable."""
    layout = arranged(body.layout, model, plan)
    _check(body, layout, call.context.profile)
    if body.style_images:
        await refuse_without_adapter(call, model, "style_images")
    if body.control_images:
        await _refuse_kinds(call, model, body.control_images)
    controls = Controls(
        references=tuple([await _reference(call, body, index) for index in range(len(body.style_images))]),
        control_images=tuple([await _drawing(call, one, index) for index, one in enumerate(body.control_images)]),
        regions=tuple(
            Region(box=_box(region.box), prompt=region.prompt.strip(), strength=region.strength)
            for region in layout.regions
            if region.box
        ),
        composition=layout.template and reference(layout.template),
        copy_space=layout.copy_space and _box(layout.copy_space),
        logo_box=layout.logo_box and _box(layout.logo_box),
        horizon=_horizon(layout, model),
        keyline=layout.keyline and use_of(layout.keyline, model, plan),
        palette=_palette(body, model, plan),
        sampler=body.sampler,
        guidance_rescale=body.guidance_rescale,
    )
    plan = plan.model_copy(update={"controls": controls})
    return await call.context.adapters.put_into(plan, body.lora, body.model_version)


def _check(body: ControlsBody, layout: Layout, profile: ProfileSpec) -> None:
    if body.sampler not in profile.samplers:
        message = f"the profile {profile.name} has no sampler {body.sampler}: there are {', '.join(profile.samplers)}"
        raise InvalidRequest(message, "unsupported_value", "sampler")
    if body.style_strength is not None and not body.style_images:
        raise InvalidRequest("style_strength needs images that it applies to", "reference_required", "style_images")
    for name in ("style_images", "control_images"):
        for index, image in enumerate(getattr(body, name)):
            if image.start >= image.end:
                message = f"an image is heard from {image.start:g} to {image.end:g} of the steps: never"
                raise InvalidRequest(message, "invalid_value", f"{name}.{index}.end")
    copy_space, logo_box = layout.copy_space, layout.logo_box
    if copy_space and logo_box and _overlap(copy_space, logo_box):
        message = f"the logo box {logo_box} overlaps the copy space {copy_space}"
        raise InvalidRequest(message, "boxes_overlap", "layout.logo_box")


async def refuse_without_adapter(call: Call, model: str, param: str) -> None:
    """Asked of the service, since the model's folder decides; before anything is accepted."""
    kind = kind_of(model)
    state = await call.context.services[kind].describe(ASK_TIMEOUT_S)
    if not state.has_references:
        message = f"the model {state.model_version} of {kind} has no adapter for style images"
        raise InvalidRequest(message, "references_unsupported", param)


async def _refuse_kinds(call: Call, model: str, drawings: Sequence[ControlDrawing]) -> None:
    """Asked of the service likewise. Raises InvalidRequest or Unavailable."""
    state = await call.context.services[kind_of(model)].describe(ASK_TIMEOUT_S)
    for index, one in enumerate(drawings):
        if one.kind not in state.control_kinds:
            known = ", ".join(state.control_kinds) or "none"
            message = f"the model {state.model_version} takes no control images of the kind {one.kind}: {known}"
            raise InvalidRequest(message, "control_unsupported", f"control_images.{index}.kind")


async def _drawing(call: Call, drawing: ControlDrawing, index: int) -> ControlImage:
    heard = drawing.model_dump(exclude={"file_id"})
    return ControlImage(image=await _stored(call, drawing.file_id, f"control_images.{index}.file_id"), **heard)


async def _stored(call: Call, file_id: str, param: str) -> StoredImage:
    """Raises NotFound, also for another user's."""
    try:
        row = await call.context.files.find(file_id, call.caller.user_id)
    except NotFound as error:
        raise NotFound(f"{param}: {error.message}", "referenced_object_not_found", param) from error
    return StoredImage(key=row.key, sha256=row.sha256)


async def _reference(call: Call, body: ControlsBody, index: int) -> Reference:
    image = body.style_images[index]
    return Reference(
        image=await _stored(call, image.file_id, f"style_images.{index}.file_id"),
        weight=_weight(image, body.style_strength),
        mode=image.mode,
        start=image.start,
        end=image.end,
        box=image.box and _box(image.box),
    )


def _weight(image: StyleImage, style_strength: float | None) -> float:
    """Of 1 in its adapter's training. Bent: of even steps of the weight itself the first would do nearly all."""
    dial = STYLE_STRENGTH if style_strength is None else style_strength
    return image.strength * FULL_STYLE_WEIGHT * dial * sqrt(dial)


def _horizon(layout: Layout, model: str) -> float | None:
    """Raises InvalidRequest."""
    if layout.horizon is not None and model != "splash":
        raise InvalidRequest(f"a {model} has no horizon: splash screens have", "horizon_unsupported", "layout.horizon")
    return layout.horizon


def _palette(body: ControlsBody, model: str, plan: GenerationRequest) -> tuple[tuple[int, int, int], ...]:
    """Raises InvalidRequest."""
    if body.palette and (model != "icon" or plan.keeps_pixels):
        what = "a picture of which some is kept" if plan.keeps_pixels else f"a {model}"
        raise InvalidRequest(f"{what} can't be held to a palette: whole icons can", "palette_unsupported", "palette")
    colours = tuple(dict.fromkeys(_rgb(colour) for colour in body.palette))
    if len(colours) == 1:
        message = f"an icon of {body.palette[0]} alone would be empty: a palette has two different colours or more"
        raise InvalidRequest(message, "invalid_value", "palette")
    return colours


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _box(box: list[float]) -> Box:
    """Without what rounding lets stand out of the picture."""
    left, top, width, height = box
    return left, top, min(width, 1 - left), min(height, 1 - top)


def _overlap(one: list[float], other: list[float]) -> bool:
    return all(one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2] for axis in (0, 1))
