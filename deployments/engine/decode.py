"""Latents to pixels."""

import numpy as np
import torch

from deployments.engine.load import SdxlModel
from deployments.errors import GenerationFailed


def decode(model: SdxlModel, latents_CHW: torch.Tensor) -> np.ndarray:
    """Returns RGB pixels [H, W, 3], uint8. Raises GenerationFailed when the decoder's output is not finite."""
    config = model.vae.config
    latents_1CHW = latents_CHW[None]
    if getattr(config, "latents_mean", None) is not None and getattr(config, "latents_std", None) is not None:
        mean, std = (
            torch.tensor(values, device=model.device).view(1, -1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        latents_1CHW = latents_1CHW * std / config.scaling_factor + mean
    else:
        latents_1CHW = latents_1CHW / config.scaling_factor
    image_CHW = model.vae.decode(latents_1CHW.to(model.dtype), return_dict=False)[0][0].float()
    if not torch.isfinite(image_CHW).all():
        raise GenerationFailed("the decoder returned values that are not finite", "image_not_finite")
    unit_HWC = (image_CHW / 2 + 0.5).clamp(0, 1).permute(1, 2, 0)
    pixels: np.ndarray = (unit_HWC * 255).round().to(torch.uint8).cpu().numpy()
    return pixels
