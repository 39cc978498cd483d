"""Parts of an image held to a given original while the rest is drawn.

One map says it all: the share of the steps for which a place is held, 0 never, 1 to the very end.

    inpainting              1 outside the mask, 0 within
    differential diffusion  the map itself (https://arxiv.org/abs/2306.00950)
    keep-out, copy space    the share of the steps until which the region stays canvas

Shapes: C latent channels, H×W latents.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from deployments.engine.layout import GridSize


@dataclass(frozen=True)
class Clamp:
    original_CHW: torch.Tensor  # clean latents
    noise_CHW: torch.Tensor  # the very noise that the image started from: new noise at each step would leave a seam
    hold_1HW: torch.Tensor  # 0..1


def apply(clamp: Clamp, latents_CHW: torch.Tensor, next_sigma: float, step_index: int, num_steps: int) -> torch.Tensor:
    """Returns the latents after step `step_index`, held places as the original under noise of `next_sigma`.

    After the last step the original is clean, and only what is held to the very end is put back.
    """
    done_fraction = (step_index + 1) / num_steps
    if done_fraction == 1:
        return torch.where(clamp.hold_1HW >= 1, clamp.original_CHW, latents_CHW)
    noised_CHW = clamp.original_CHW + next_sigma * clamp.noise_CHW
    return torch.where(clamp.hold_1HW > done_fraction, noised_CHW, latents_CHW)


def hold_outside(mask: Image.Image, latent_size: GridSize, pixels_per_latent: int) -> torch.Tensor:
    """Returns [1, H, W] for inpainting: 1 where the mask is dark, 0 where it is bright and the image is drawn anew.

    Halved and sampled exactly as `StableDiffusionXLInpaintPipeline` does, one pixel for each latent.
    """
    height, width = (size * pixels_per_latent for size in latent_size)
    resized = mask.resize((width, height), Image.Resampling.LANCZOS).convert("L")
    is_drawn_HW = np.array(resized)[::pixels_per_latent, ::pixels_per_latent] >= 127.5
    return 1 - torch.from_numpy(is_drawn_HW).float()[None]


def hold_map(hold: Image.Image, latent_size: GridSize) -> torch.Tensor:
    """Returns [1, H, W], averaged: black is free at once, white is held to the end."""
    height, width = latent_size
    resized = hold.convert("L").resize((width, height), Image.Resampling.BOX)
    return torch.from_numpy(np.array(resized)).float()[None] / 255
