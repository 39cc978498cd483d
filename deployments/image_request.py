"""From what a caller asked for to what the engine draws of it: one image, by one seed."""

from datetime import UTC, datetime

from deployments.engine.request import ImageRequest
from deployments.engine.start import InitImage
from deployments.follower import Held
from deployments.input_images import Inputs
from deployments.schemas import GenerationRequest, Priority

STAND_BACK_S: dict[Priority, float] = {"interactive": 0.0, "batch": 10.0}


def image_request(
    request: GenerationRequest, medium: str, seed: int, inputs: Inputs | None, held: Held
) -> ImageRequest:  # fmt: skip
    """`medium`: what the service draws, in a word, or nothing.

    At full strength a mask's inside is drawn from noise alone, as diffusers' inpainting pipeline does.
    """
    mask = inputs.mask if inputs else None
    is_start = mask is None or request.strength < 1
    return ImageRequest(
        prompt=_with_medium(request.styled_prompt, medium),
        negative_prompt=request.negative_prompt,
        width_px=request.width_px,
        height_px=request.height_px,
        num_steps=request.num_steps,
        guidance_scale=request.guidance_scale,
        seed=seed,
        preview_every=request.preview_every,
        init=InitImage(inputs.image, is_start) if inputs else None,
        strength=request.strength,
        inpaint_mask=mask,
        loras=held.loras,
        unet=held.unet,
        stand_back_s=STAND_BACK_S[request.priority],
        deadline_s=_deadline_s(request),
    )


def _deadline_s(request: GenerationRequest) -> float | None:
    """From now; below 0 when it has passed."""
    return (request.deadline_at - datetime.now(UTC)).total_seconds() if request.deadline_at else None


def _with_medium(prompt: str, medium: str) -> str:
    return f"{medium} of {prompt}" if medium and prompt and medium not in prompt.lower() else prompt
