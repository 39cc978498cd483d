"""A small fixed drawing with an adapter or a UNet, which tells whether two engines make the same of the same weights.

Shapes: C latent channels, H×W latents.
"""

from dataclasses import dataclass

import numpy as np
import torch

from deployments.engine.equipment import Equipment
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest, LoraRequest, ReferenceRequest
from deployments.engine.step import step
from deployments.errors import InvalidRequest

LATENTS = 16  # the side of what is drawn
REFERENCE_HWC = np.stack(  # after what picture: red grows to the right, green downwards, blue is a frame
    [*np.meshgrid(*2 * [np.arange(0, 256, 4)]), np.pad(np.zeros((48, 48)), 8, constant_values=255)], axis=-1
).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Trial:
    """What is drawn, and where that is known, what it came to elsewhere."""

    prompt: str = "an icon"
    seed: int = 0
    num_steps: int = 1
    guidance_scale: float = 1.0
    expected_CHW: np.ndarray | None = None  # float32, the last latents
    tolerance: float = 0.0  # of `distance`


@torch.inference_mode()
def draw_trial(
    equipment: Equipment, trial: Trial, lora: str = "", unet: str = "", reference: str = ""
) -> np.ndarray:  # fmt: skip
    """With the resident ones of these names; on the thread that the equipment belongs to. float32 of (C, H, W)."""
    side_px = LATENTS * equipment.model.pixels_per_latent
    request = ImageRequest(
        trial.prompt, None, side_px, side_px, trial.num_steps, trial.guidance_scale, trial.seed,
        loras=(LoraRequest(lora),) if lora else (), unet=unet,
        references=(ReferenceRequest(reference, REFERENCE_HWC),) if reference else (),
    )  # fmt: skip
    sample = Preparer(equipment).prepare(request)
    try:
        while not sample.is_done:
            step(equipment, [sample])
    finally:
        sample.leave()
    latents_CHW: np.ndarray = sample.latents_CHW.cpu().numpy()
    return latents_CHW


def check_trial(
    equipment: Equipment, trial: Trial, lora: str = "", unet: str = "", reference: str = ""
) -> None:  # fmt: skip
    """Raises InvalidRequest for what is not finite, or further from what is expected than the tolerance."""
    param = "lora" if lora else "style_images" if reference else "model_version"
    latents_CHW = draw_trial(equipment, trial, lora, unet, reference)
    if not np.isfinite(latents_CHW).all():
        raise InvalidRequest("with it the model's output is not finite", "non_finite_output", param)
    if trial.expected_CHW is None:
        return
    apart = distance(latents_CHW, trial.expected_CHW)
    if not apart <= trial.tolerance:
        message = f"this engine draws something else with it than its publisher's did: {apart:.2g} apart"
        raise InvalidRequest(f"{message}, {trial.tolerance:g} is allowed", "trial_differs", param)


def distance(latents_CHW: np.ndarray, expected_CHW: np.ndarray) -> float:
    """The root mean square of their difference, as a share of what is expected; infinite for other shapes."""
    if latents_CHW.shape != expected_CHW.shape:
        return float("inf")
    expected = expected_CHW.astype(np.float64)
    return float(np.linalg.norm(latents_CHW - expected) / np.linalg.norm(expected))
