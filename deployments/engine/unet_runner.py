"""A call of the UNet, the fastest way that its rows allow: as a recorded graph, compiled, or eager."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import UNet2DConditionModel

from deployments.engine.attention import AttentionContext
from deployments.engine.attention_kernels import AttentionKernels
from deployments.engine.graphed import GraphedUnet


@dataclass(frozen=True)
class Extras:
    """What the rows of a call use beyond their prompts."""

    context: AttentionContext | None = None  # None: plain attention in every row
    control: Mapping[str, Any] = field(default_factory=dict)  # of the UNet's own arguments; all None: nothing
    has_loras: bool = False

    @property
    def is_nothing(self) -> bool:
        has_control = any(value is not None for value in self.control.values())
        return self.context is None and not has_control and not self.has_loras


@dataclass(frozen=True)
class UnetRunner:
    unet: UNet2DConditionModel
    is_compiled: bool = False
    graphed: GraphedUnet | None = None
    kernels: AttentionKernels | None = None

    def __call__(
        self,
        latents_RCHW: torch.Tensor,
        timestep_R: torch.Tensor,
        tokens_RKD: torch.Tensor,
        added: dict[str, torch.Tensor],
        extras: Extras,
    ) -> torch.Tensor:
        """[R, C, H, W], good until the next call."""
        height, width = latents_RCHW.shape[2:]
        with self.kernels.at((height, width)) if self.kernels is not None else nullcontext():
            if self.graphed is not None and extras.is_nothing and self.graphed.takes(len(latents_RCHW)):
                return self.graphed(latents_RCHW, timestep_R, tokens_RKD, added)
            with self._compiler(extras):
                output_RCHW: torch.Tensor = self.unet(
                    latents_RCHW, timestep_R, encoder_hidden_states=tokens_RKD, added_cond_kwargs=added,
                    cross_attention_kwargs=None if extras.context is None else {"ctx": extras.context},
                    return_dict=False, **extras.control,
                )[0]  # fmt: skip
        return output_RCHW

    def _compiler(self, extras: Extras) -> AbstractContextManager[object]:
        """Special attention differs by layer, and with what each row asks for: compiled code would never be reused."""
        if not self.is_compiled or extras.context is None:
            return nullcontext()
        eager: AbstractContextManager[object] = torch.compiler.set_stance("force_eager")
        return eager
