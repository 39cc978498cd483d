"""Gaussian inputs, the same for every variant.

Shapes: R rows, C latent channels, H×W latents, L tokens, D text width, P pooled width.
"""

from dataclasses import dataclass
from typing import Any

import torch

from bench.gpu.architecture import NUM_TOKENS, Architecture
from deployments.engine.load import SdxlModel
from deployments.engine.sample import Sample
from deployments.engine.tables import build_table
from deployments.engine.text import EncodedPrompt

GUIDANCE_SCALE = 8.0  # MLPerf's


@dataclass(frozen=True)
class UnetInputs:
    latents_RCHW: torch.Tensor
    timesteps_R: torch.Tensor
    tokens_RLD: torch.Tensor
    pooled_RP: torch.Tensor
    time_ids_R6: torch.Tensor

    def call(self, unet: Any) -> torch.Tensor:
        """As diffusers' SDXL pipeline calls it."""
        output: torch.Tensor = unet(
            self.latents_RCHW,
            self.timesteps_R,
            encoder_hidden_states=self.tokens_RLD,
            added_cond_kwargs={"text_embeds": self.pooled_RP, "time_ids": self.time_ids_R6},
            return_dict=False,
        )[0]
        return output

    def to(self, dtype: torch.dtype) -> "UnetInputs":
        return UnetInputs(**{name: tensor.to(dtype) for name, tensor in vars(self).items()})


def make_inputs(
    architecture: Architecture, side_px: int, num_rows: int, device: torch.device, dtype: torch.dtype
) -> UnetInputs:
    generator = torch.Generator(device).manual_seed(1)

    def noise(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, device=device).to(dtype)

    return UnetInputs(
        latents_RCHW=noise(num_rows, 4, side_px // 8, side_px // 8),
        timesteps_R=torch.linspace(1, 999, num_rows, device=device),
        tokens_RLD=noise(num_rows, NUM_TOKENS, _width(architecture)),
        pooled_RP=noise(num_rows, architecture.pooled_width),
        time_ids_R6=torch.tensor([[side_px, side_px, 0, 0, side_px, side_px]] * num_rows, device=device).to(dtype),
    )


def make_samples(model: SdxlModel, architecture: Architecture, point: tuple[int, int], num_steps: int) -> list[Sample]:
    """Images with prompts of their own, all before their first step. `point`: side in pixels, images."""
    side_px, batch = point
    table = build_table("euler", model.scheduler, num_steps)
    inputs = make_inputs(architecture, side_px, 2 * batch, model.device, model.dtype)
    prompts = [
        EncodedPrompt(tokens_LD, pooled_P, NUM_TOKENS - 2, False)
        for tokens_LD, pooled_P in zip(inputs.tokens_RLD, inputs.pooled_RP, strict=True)
    ]
    return [
        Sample(
            latents_CHW=inputs.latents_RCHW[index].float() * table.initial_sigma,
            table=table,
            positive=prompts[index],
            negative=prompts[batch + index],
            guidance_scale=GUIDANCE_SCALE,
            width_px=side_px,
            height_px=side_px,
            generator=torch.Generator("cpu").manual_seed(index),
        )
        for index in range(batch)
    ]


def _width(architecture: Architecture) -> int:
    width = architecture.unet["cross_attention_dim"]
    assert isinstance(width, int)
    return width
