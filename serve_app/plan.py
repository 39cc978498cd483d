"""From what a caller may say to what a service is told: defaults filled in, limits checked, nothing allocated yet."""

import math
import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from deployments.errors import InvalidRequest, NotFound, PermissionDenied
from deployments.schemas import MAX_SEED, GenerationRequest, Priority
from deployments.specs import KINDS, Kind, ProfileSpec, Quality, Size
from serve_app.auth.limits import Limits
from serve_app.schemas import GenerationBody, ImageBody, ImageGenerationBody

REPORT_EVERY_S = 0.25  # what a step costs to be told is more than what it costs to be drawn, on a small model

_QUALITIES: dict[str, Quality] = {
    "low": "low", "medium": "medium", "high": "high", "auto": "medium", "standard": "medium", "hd": "high",
}  # fmt: skip


def kind_of(model: str) -> Kind:
    """Raises NotFound, as OpenAI does for a model that does not exist."""
    for kind in KINDS:
        if model == kind:
            return kind
    raise NotFound(f"no model {model!r}: there are {', '.join(KINDS)}", "model_not_found", "model")


def plan_generation(
    body: GenerationBody, profile: ProfileSpec, request_id: str, strength: float = 1.0
) -> GenerationRequest:
    """`strength` is the share of the steps that is drawn. Raises InvalidRequest or NotFound, naming the field."""
    kind = profile.kinds[kind_of(body.model)]
    _refuse_unsupported(body)
    size = kind.sizes[0] if body.size == "auto" else parse_size(body.size, profile)
    num_steps = body.num_inference_steps or profile.steps[_QUALITIES[body.quality]]
    if num_steps in profile.missing_steps:
        message = f"the model's schedule has no {num_steps} steps; take {num_steps - 1} or {num_steps + 1}"
        raise InvalidRequest(message, "invalid_value", "num_inference_steps")
    num_drawn_steps = int(num_steps * strength)
    if num_drawn_steps < 1:
        raise InvalidRequest(f"strength {strength:g} of {num_steps} steps draws none", "invalid_strength", "strength")
    first_seed = secrets.randbelow(MAX_SEED + 1) if body.seed is None else body.seed
    return GenerationRequest(
        generation_id=f"gen_{uuid.uuid4().hex}",
        request_id=request_id,
        prompt=body.prompt.strip(),
        negative_prompt=body.negative_prompt,
        width_px=size.width_px,
        height_px=size.height_px,
        num_steps=num_steps,
        guidance_scale=kind.guidance_scale if body.guidance_scale is None else body.guidance_scale,
        seeds=tuple((first_seed + index) % (MAX_SEED + 1) for index in range(body.n)),
        output_format=body.output_format,
        output_quality=max(body.output_compression, 1),
        reports_steps=True,  # what is cancelled is paid for as far as it was drawn
        report_every_s=0.0 if _wants_steps(body) else REPORT_EVERY_S,
        preview_every=math.ceil(num_drawn_steps / (body.partial_images + 1)) if body.partial_images else 0,
        strength=strength,
        deadline_at=body.deadline_ms and datetime.now(UTC) + timedelta(milliseconds=body.deadline_ms),
    )


def _wants_steps(body: GenerationBody) -> bool:
    return isinstance(body, ImageGenerationBody) and "steps" in body.stream_options.include


def priority_of(body: GenerationBody, limits: Limits) -> Priority:
    """Raises PermissionDenied for more than the key may."""
    highest = limits.highest_priority or "interactive"
    if body.priority == "interactive" and highest == "batch":
        raise PermissionDenied("this key may ask for batch alone", "priority_not_allowed", "priority")
    return body.priority or highest


def parse_size(text: str, profile: ProfileSpec) -> Size:
    """Raises InvalidRequest with the limit that `text` breaks."""
    match = re.fullmatch(r"([1-9]\d{0,5})x([1-9]\d{0,5})", text, re.ASCII)
    if not match:
        raise InvalidRequest(f"size must be WIDTHxHEIGHT or auto, got {text!a}", "invalid_size", "size")
    size = Size(int(match[1]), int(match[2]))
    limits = profile.size_limits
    for name, side_px in (("width", size.width_px), ("height", size.height_px)):
        if side_px % limits.multiple_px:
            raise _bad_size(size, f"{name} must be a multiple of {limits.multiple_px}")
        if not limits.min_side_px <= side_px <= limits.max_side_px:
            raise _bad_size(size, f"{name} must be from {limits.min_side_px} to {limits.max_side_px}")
    if size.width_px * size.height_px > limits.max_pixels:
        raise _bad_size(size, f"at most {limits.max_pixels} pixels in all")
    return size


def _bad_size(size: Size, reason: str) -> InvalidRequest:
    return InvalidRequest(f"size {size}: {reason}", "invalid_size", "size")


def _refuse_unsupported(body: GenerationBody) -> None:
    """OpenAI's values that are valid there and not served here: refused by name rather than ignored."""
    if isinstance(body, ImageBody) and body.partial_images and not body.stream:
        raise InvalidRequest("partial_images needs stream=true", "invalid_value", "partial_images")
    if body.background == "transparent":
        raise InvalidRequest(f"background={body.background!r} is not supported", "unsupported_value", "background")
