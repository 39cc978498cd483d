"""Latents to pixels."""

import logging
from typing import Any

import numpy as np
import torch

from deployments.engine.load import SdxlModel
from deployments.errors import GenerationFailed

logger = logging.getLogger(__name__)


def decode(model: SdxlModel, latents_CHW: torch.Tensor) -> np.ndarray:
    """Returns RGB pixels [H, W, 3], uint8.

    Half-precision decoders overflow on some latents, so what is not finite is decoded once more in float32.
    Raises GenerationFailed when that does not help.
    """
    image_CHW = decode_image(model.vae, latents_CHW, model.dtype)
    if not torch.isfinite(image_CHW).all() and torch.isfinite(latents_CHW).all():
        logger.warning("the decoder's output is not finite; decoding once more in float32")
        image_CHW = _decode_in_float32(model, latents_CHW)
    if not torch.isfinite(image_CHW).all():
        raise GenerationFailed("the image has values that are not finite", "image_not_finite")
    unit_HWC = (image_CHW / 2 + 0.5).clamp(0, 1).permute(1, 2, 0)
    pixels: np.ndarray = (unit_HWC * 255).round().to(torch.uint8).cpu().numpy()
    return pixels


def decode_image(vae: Any, latents_CHW: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The decoder's image [3, H, W], float32, about -1 to 1. `vae` is an AutoencoderKL."""
    config = vae.config
    latents_1CHW = latents_CHW[None] / config.scaling_factor
    if getattr(config, "latents_mean", None) is not None and getattr(config, "latents_std", None) is not None:
        mean, std = (
            torch.tensor(values, device=latents_CHW.device).view(1, -1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        latents_1CHW = latents_1CHW * std + mean
    image_CHW: torch.Tensor = vae.decode(latents_1CHW.to(dtype), return_dict=False)[0][0].float()
    return image_CHW


def _decode_in_float32(model: SdxlModel, latents_CHW: torch.Tensor) -> torch.Tensor:
    model.vae.to(torch.float32)
    try:
        return decode_image(model.vae, latents_CHW, torch.float32)
    finally:
        model.vae.to(model.dtype)
