"""SDXL's own shapes, written out, and modules of those shapes with Gaussian weights: no download, no knowledge.

Configurations as in `unet/config.json` and `vae/config.json` of stabilityai/stable-diffusion-xl-base-1.0; what is not
named here is diffusers' default, there as here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from torch import nn

Config = Mapping[str, object]
NUM_TOKENS = 77


@dataclass(frozen=True)
class Architecture:
    unet: Config
    vae: Config
    pooled_width: int


_LEVELS: Config = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
}
_VAE_LEVELS: Config = {
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "latent_channels": 4,
    "scaling_factor": 0.13025,
}

SDXL = Architecture(
    unet={
        **_LEVELS,
        "sample_size": 128,
        "block_out_channels": (320, 640, 1280),
        "transformer_layers_per_block": (1, 2, 10),
        "attention_head_dim": (5, 10, 20),  # heads, in spite of its name
        "cross_attention_dim": 2048,
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
    vae={**_VAE_LEVELS, "sample_size": 1024, "block_out_channels": (128, 256, 512, 512), "layers_per_block": 2},
    pooled_width=1280,
)
TINY = Architecture(
    unet={
        **_LEVELS,
        "sample_size": 16,
        "block_out_channels": (32, 64, 64),
        "transformer_layers_per_block": (1, 1, 1),
        "attention_head_dim": (2, 4, 4),
        "cross_attention_dim": 64,
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 80,
    },
    vae={**_VAE_LEVELS, "sample_size": 128, "block_out_channels": (32, 32, 32, 32), "layers_per_block": 1},
    pooled_width=32,
)

SCHEDULER: Config = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "timestep_spacing": "leading",
}


def build_scheduler() -> EulerDiscreteScheduler:
    return EulerDiscreteScheduler(**SCHEDULER)


def build_unet(architecture: Architecture, device: torch.device, dtype: torch.dtype) -> Any:
    """A UNet2DConditionModel. On the device "meta" it has shapes and no weights."""
    return _filled(UNet2DConditionModel, architecture.unet, device, dtype)


def build_vae(architecture: Architecture, device: torch.device, dtype: torch.dtype) -> Any:
    """An AutoencoderKL."""
    return _filled(AutoencoderKL, architecture.vae, device, dtype)


def _filled(kind: Any, config: Config, device: torch.device, dtype: torch.dtype) -> Any:
    with torch.device("meta"):  # initialising 2.6 billion weights on the CPU would take longer than to measure them
        module: Any = kind(**config)
    module = nn.Module.to(module, dtype).requires_grad_(False).eval()  # diffusers' own warns of nothing
    if device.type == "meta":
        return module
    module = module.to_empty(device=device)
    fill_with_noise(module, torch.Generator(device).manual_seed(0))
    return module


@torch.no_grad()
def fill_with_noise(module: nn.Module, generator: torch.Generator) -> None:
    """Variance 1 / fan-in keeps activations near 1; norms pass on what they get, a little unevenly.

    Never zeros: a GPU multiplies zeros faster than it does numbers, as it draws less power for them.
    """
    for name, parameter in module.named_parameters():
        if parameter.ndim > 1:
            parameter.normal_(0.0, parameter[0].numel() ** -0.5, generator=generator)
        else:
            parameter.normal_(float("norm" in name and name.endswith("weight")), 0.1, generator=generator)
