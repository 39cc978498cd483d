"""What becomes of a given image: how large it is drawn, how much of it is kept, and whether its mask fits."""

import math
from typing import Protocol

from deployments.errors import InvalidRequest
from deployments.schemas import Expansion, GenerationRequest
from deployments.specs import ProfileSpec, Size, SizeLimits
from serve_app.edits.schemas import EditBody, Expand, ImageVariationBody
from serve_app.plan import parse_size, plan_generation

# Shares of the steps that are drawn. A mask keeps what is to be kept, so what it opens is drawn from nothing.
MASKED_STRENGTH = 1.0
EXPAND_STRENGTH = 0.9  # from the colours of the image's edge, which go on outside
STRENGTHS = {"low": 0.75, "high": 0.5}  # by `input_fidelity`
VARIATION_STRENGTH = 0.6


class Picture(Protocol):
    """An image, as far as it must be known to plan with it."""

    @property
    def width_px(self) -> int: ...
    @property
    def height_px(self) -> int: ...
    @property
    def has_alpha(self) -> bool: ...


def plan_edit(
    body: EditBody, image: Picture, mask: Picture | None, profile: ProfileSpec, request_id: str
) -> GenerationRequest:
    """All of the request but the images. Raises InvalidRequest or NotFound, naming the field."""
    if mask:
        _check_mask(image, mask)
    if body.expand:
        return _plan_expansion(body, body.expand, image, mask, profile, request_id)
    if body.size == "auto":
        body = body.model_copy(update={"size": str(fitting_size(image, profile.size_limits))})
    if not body.prompt and body.guidance_scale is None:
        body = body.model_copy(update={"guidance_scale": 1.0})  # towards nothing, at twice the work
    return plan_generation(body, profile, request_id, _strength(body, mask is not None))


def _plan_expansion(
    body: EditBody, expand: Expand, image: Picture, mask: Picture | None, profile: ProfileSpec, request_id: str
) -> GenerationRequest:
    """At the size that the canvas has then, so that what is kept is kept to the pixel."""
    by = Expansion(**expand.model_dump())
    width_px, height_px = image.width_px + by.left_px + by.right_px, image.height_px + by.top_px + by.bottom_px
    if (width_px, height_px) == (image.width_px, image.height_px):
        raise InvalidRequest("expand grows the image on no side", "invalid_value", "expand")
    if mask or body.size != "auto":
        what = "a mask" if mask else f"the size {body.size}"
        raise InvalidRequest(
            f"expand says itself what is drawn, and how large: not with {what}", "expand_conflict", "expand"
        )
    try:
        parse_size(f"{width_px}x{height_px}", profile)
    except InvalidRequest as error:
        message = f"{image.width_px}x{image.height_px} would grow to another size than can be drawn: {error.message}"
        raise InvalidRequest(message, "invalid_size", "expand") from error
    body = body.model_copy(update={"size": f"{width_px}x{height_px}"})
    strength = EXPAND_STRENGTH if body.strength is None else body.strength
    return plan_generation(body, profile, request_id, strength).model_copy(update={"expand": by})


def fitting_size(image: Picture, limits: SizeLimits) -> Size:
    """The image's own where the profile draws that; else the nearest of its shape, as far as the limits let it."""
    width_px, height_px = image.width_px, image.height_px
    shrink = max(
        1.0, max(width_px, height_px) / limits.max_side_px, math.sqrt(width_px * height_px / limits.max_pixels)
    )
    grow = max(1.0, limits.min_side_px * shrink / min(width_px, height_px))
    return Size(*(_allowed(side_px * grow / shrink, limits) for side_px in (width_px, height_px)))


def _allowed(side_px: float, limits: SizeLimits) -> int:
    """Rounded down, so that an area that fits still does."""
    whole_px = math.floor(side_px / limits.multiple_px) * limits.multiple_px
    return min(max(whole_px, limits.min_side_px), limits.max_side_px)


def _check_mask(image: Picture, mask: Picture) -> None:
    if (mask.width_px, mask.height_px) != (image.width_px, image.height_px):
        sizes = f"{mask.width_px}x{mask.height_px}, its image {image.width_px}x{image.height_px}"
        raise InvalidRequest(f"the mask is {sizes}: they must be equal", "mask_size_mismatch", "mask")
    if not mask.has_alpha:
        raise InvalidRequest("nothing of the mask is transparent, so nothing would be drawn", "mask_opaque", "mask")


def _strength(body: EditBody, is_masked: bool) -> float:
    if body.strength is not None:
        return body.strength
    if isinstance(body, ImageVariationBody):
        return VARIATION_STRENGTH
    return MASKED_STRENGTH if is_masked else STRENGTHS[body.input_fidelity]
