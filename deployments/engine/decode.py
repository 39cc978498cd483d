"""Latents to pixels."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from deployments.engine.load import SdxlModel
from deployments.errors import GenerationFailed

logger = logging.getLogger("ray.serve")

# Of one call of the decoder: its feature maps are the largest tensors of all, and more at once gains nothing.
MAX_PIXELS_AT_ONCE = 2 * 1024 * 1024


def decode_all(
    model: SdxlModel, latents: Sequence[torch.Tensor], max_pixels_at_once: int = MAX_PIXELS_AT_ONCE
) -> list[np.ndarray | GenerationFailed]:
    """Pixels of each [C, H, W] of one size, or why there are none, decoded a few at a time."""
    pixels_each = latents[0][0].numel() * model.pixels_per_latent**2
    at_once = max(1, max_pixels_at_once // pixels_each)
    decoded: list[np.ndarray | GenerationFailed] = []
    for start in range(0, len(latents), at_once):
        chunk_NCHW = torch.stack([*latents[start : start + at_once]])
        images_NCHW = decode_images(model.vae, chunk_NCHW, model.dtype)
        decoded += [_finished(model, *pair) for pair in zip(chunk_NCHW, images_NCHW, strict=True)]
    return decoded


def decode(model: SdxlModel, latents_CHW: torch.Tensor) -> np.ndarray:
    """RGB pixels [H, W, 3], uint8. Raises GenerationFailed when the image is not finite."""
    (decoded,) = decode_all(model, [latents_CHW])
    if isinstance(decoded, GenerationFailed):
        raise decoded
    return decoded


def decode_images(vae: Any, latents_NCHW: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The decoder's images [N, 3, H, W], float32, about -1 to 1. `vae` is an AutoencoderKL."""
    config = vae.config
    latents_NCHW = latents_NCHW / config.scaling_factor
    if getattr(config, "latents_mean", None) is not None and getattr(config, "latents_std", None) is not None:
        mean, std = (
            torch.tensor(values, device=latents_NCHW.device).view(1, -1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        latents_NCHW = latents_NCHW * std + mean
    images_NCHW: torch.Tensor = vae.decode(latents_NCHW.to(dtype), return_dict=False)[0].float()
    return images_NCHW


def _finished(model: SdxlModel, latents_CHW: torch.Tensor, image_CHW: torch.Tensor) -> np.ndarray | GenerationFailed:
    """Half-precision decoders overflow on some latents, so what is not finite is decoded once more in float32."""
    if not torch.isfinite(image_CHW).all() and torch.isfinite(latents_CHW).all():
        logger.warning("the decoder's output is not finite; decoding once more in float32")
        image_CHW = _decode_in_float32(model, latents_CHW)
    if not torch.isfinite(image_CHW).all():
        return GenerationFailed("the image has values that are not finite", "image_not_finite")
    unit_HWC = (image_CHW / 2 + 0.5).clamp(0, 1).permute(1, 2, 0)
    pixels: np.ndarray = (unit_HWC * 255).round().to(torch.uint8).cpu().numpy()
    return pixels


def _decode_in_float32(model: SdxlModel, latents_CHW: torch.Tensor) -> torch.Tensor:
    model.vae.to(torch.float32)
    try:
        return decode_images(model.vae, latents_CHW[None], torch.float32)[0]
    finally:
        model.vae.to(model.dtype)
