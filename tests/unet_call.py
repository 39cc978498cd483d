"""One call of the tiny UNet with a row for each of whatever is compared."""

from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel

from deployments.engine.attention import AttentionContext


@dataclass(frozen=True)
class Inputs:
    latents: torch.Tensor
    timestep: torch.Tensor
    tokens: torch.Tensor
    pooled: torch.Tensor
    time_ids: torch.Tensor

    def rows(self, *rows: int) -> "Inputs":
        return Inputs(**{name: value[list(rows)] for name, value in vars(self).items()})


def make_inputs(num_rows: int, num_tokens: int = 12) -> Inputs:
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(num_rows, *shape, generator=generator)

    timestep = torch.linspace(900, 100, num_rows)
    return Inputs(draw(4, 16, 16), timestep, draw(num_tokens, 64), draw(32), torch.full((num_rows, 6), 128.0))


def predict(unet: UNet2DConditionModel, inputs: Inputs, ctx: AttentionContext | None = None) -> torch.Tensor:
    output: torch.Tensor = unet(
        inputs.latents,
        inputs.timestep,
        inputs.tokens,
        added_cond_kwargs={"text_embeds": inputs.pooled, "time_ids": inputs.time_ids},
        cross_attention_kwargs=None if ctx is None else {"ctx": ctx},
        return_dict=False,
    )[0]
    return output


def assert_same(first: torch.Tensor, second: torch.Tensor) -> None:
    torch.testing.assert_close(first, second, atol=2e-5, rtol=1e-5)
