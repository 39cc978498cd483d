"""What an image starts from: noise, a given image under noise, or a canvas of flat shapes under noise.

A model that was never shown pure noise drifts to mid-grey when started from it; a canvas under the noise of the very
first step keeps a background's colour and hints at where things go. Shapes: C latent channels, H×W latents.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from PIL import Image, ImageDraw

from deployments.engine.layout import Box
from deployments.engine.load import SdxlModel
from deployments.errors import GenerationFailed

Colour = tuple[int, int, int]  # RGB, 0..255


@dataclass(frozen=True)
class InitImage:
    image: Image.Image  # RGB; brought to the request's size where it differs
    is_start: bool = True  # False: only clamps look at it, and the first latents are noise alone


@dataclass(frozen=True)
class Start:
    """All float32; clamps need the last two to renew the noise on what they hold."""

    latents_CHW: torch.Tensor
    noise_CHW: torch.Tensor  # of unit strength
    original_CHW: torch.Tensor | None  # the init image's latents, clean


@dataclass(frozen=True)
class Shape:
    outline: Literal["rectangle", "ellipse"]
    box: Box
    colour: Colour


def first_latents(
    model: SdxlModel,
    generator: torch.Generator,
    width_px: int,
    height_px: int,
    sigma: float,
    init: InitImage | None = None,
) -> Start:
    """Draws from the CPU generator in float32: first what encoding an image takes, then the noise.

    `sigma` is the table's `initial_sigma` where the latents are noise alone, and its first step's sigma over an image:
    diffusers' schedulers tell them apart.
    """
    shape_CHW = (
        model.latent_channels, height_px // model.pixels_per_latent, width_px // model.pixels_per_latent,
    )  # fmt: skip
    if init is None:
        noise_CHW = _randn(shape_CHW, generator, model.device)
        return Start(sigma * noise_CHW, noise_CHW, None)
    original_CHW = _encode(model, init.image, width_px, height_px, generator)
    noise_CHW = _randn(shape_CHW, generator, model.device)
    return Start(sigma * noise_CHW + (original_CHW if init.is_start else 0.0), noise_CHW, original_CHW)


def draw_canvas(width_px: int, height_px: int, background: Colour, shapes: Sequence[Shape]) -> Image.Image:
    """A flat background with shapes on it, later ones on top."""
    canvas = Image.new("RGB", (width_px, height_px), background)
    draw = ImageDraw.Draw(canvas)
    for shape in shapes:
        box = shape.box
        edges_px = (box.left * width_px, box.top * height_px, box.right * width_px - 1, box.bottom * height_px - 1)
        {"rectangle": draw.rectangle, "ellipse": draw.ellipse}[shape.outline](edges_px, fill=shape.colour)
    return canvas


def _encode(
    model: SdxlModel, image: Image.Image, width_px: int, height_px: int, generator: torch.Generator
) -> torch.Tensor:
    """Returns a sample [C, H, W] of the autoencoder's posterior, scaled to what the UNet knows as latents."""
    resized = image.convert("RGB").resize((width_px, height_px), Image.Resampling.LANCZOS)
    unit_HWC = np.array(resized, dtype=np.float32) / 255  # NumPy's division: torch's would differ in the last bit
    pixels_1CHW = torch.from_numpy(unit_HWC * 2 - 1).permute(2, 0, 1)[None].contiguous()
    posterior = model.vae.encode(pixels_1CHW.to(model.device, model.vae.dtype)).latent_dist
    mean_CHW, std_CHW = posterior.mean[0].float(), posterior.std[0].float()
    latents_CHW = mean_CHW + std_CHW * _randn(mean_CHW.shape, generator, model.device)
    if not torch.isfinite(latents_CHW).all():
        raise GenerationFailed("the encoder returned values that are not finite", "image_not_finite")
    config = model.vae.config
    if getattr(config, "latents_mean", None) is not None and getattr(config, "latents_std", None) is not None:
        shift_C11, spread_C11 = (
            torch.tensor(values, device=model.device).view(-1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        latents_CHW = (latents_CHW - shift_C11) / spread_C11
    scaled_CHW: torch.Tensor = latents_CHW * config.scaling_factor
    return scaled_CHW


def _randn(shape: Sequence[int], generator: torch.Generator, device: torch.device) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float32).to(device)
