"""The ways to run the same weights that are compared."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
import torch._dynamo
import torch._functorch.config

from bench.gpu.architecture import build_scheduler
from bench.gpu.inputs import UnetInputs
from bench.gpu.plan import Plan
from bench.gpu.rows import NotMeasured
from bench.gpu.session import Session
from deployments.engine.acceleration import accelerate, compile_blocks
from deployments.engine.equipment import Equipment
from deployments.engine.load import SdxlModel
from deployments.engine.unet_runner import Extras
from deployments.specs import SDXL, Acceleration


@dataclass(frozen=True)
class Variant:
    name: str
    is_ours: bool  # the engine's step, attention and memory layout; else diffusers as it comes
    compiled: tuple[str, ...] = ()  # classes of the blocks that are compiled, each by itself
    is_graphed: bool = False
    is_fp8: bool = False
    goal: str | None = None  # of its whole images

    def acceleration(self, plan: Plan) -> Acceleration:
        """Of ours: as a profile would ask for it."""
        return Acceleration(
            channels_last=True,
            compiled_blocks=self.compiled,
            compile_backend=plan.compile_backend,
            fp8_min_width=plan.min_fp8_width if self.is_fp8 else None,
            cuda_graphs=self.is_graphed,
        )


_BLOCKS = SDXL.acceleration.compiled_blocks

EAGER = Variant("diffusers, eager", is_ours=False)
VARIANTS = (
    EAGER,
    Variant("diffusers, regional compile", is_ours=False, compiled=("BasicTransformerBlock",)),
    Variant("ours", is_ours=True, goal="images_bf16"),
    Variant("ours, graphed", is_ours=True, is_graphed=True, goal="images_bf16"),
    Variant("ours, compiled, graphed", is_ours=True, compiled=_BLOCKS, is_graphed=True, goal="images_bf16"),
    Variant("ours, fp8, compiled, graphed", is_ours=True, compiled=_BLOCKS, is_graphed=True, is_fp8=True,
            goal="images_fp8"),
)  # fmt: skip


@dataclass(frozen=True)
class Built:
    variant: Variant
    unet: Any
    vae: Any
    equipment: Equipment | None  # of ours

    def call_unet(self, inputs: UnetInputs) -> torch.Tensor:
        if self.equipment is None:
            return inputs.call(self.unet)
        added = {"text_embeds": inputs.pooled_RP, "time_ids": inputs.time_ids_R6}
        return self.equipment.run_unet(inputs.latents_RCHW, inputs.timesteps_R, inputs.tokens_RLD, added, Extras())


def build(session: Session, variant: Variant) -> Built:
    """Raises NotMeasured where the machine lacks what the variant needs."""
    if variant.is_graphed and not session.is_cuda:
        raise NotMeasured("CUDA graphs need CUDA")
    if variant == EAGER:
        return Built(variant, session.unet, session.vae, None)
    if variant.compiled:
        start_compiling_anew()
    if variant.is_ours:
        return _build_ours(session, variant)
    unet = copy.deepcopy(session.unet)
    compile_blocks(unet, variant.compiled, session.plan.compile_backend)
    return Built(variant, unet, session.vae, None)


def _build_ours(session: Session, variant: Variant) -> Built:
    unet, vae = (copy.deepcopy(module) for module in (session.unet, session.vae))
    equipment = accelerate(wrap(session, unet, vae), session.plan.bank_rank, variant.acceleration(session.plan))
    return Built(variant, unet, vae, equipment)


def wrap(session: Session, unet: Any, vae: Any) -> SdxlModel:
    nothing = cast(Any, ())  # prompts come encoded
    return SdxlModel(
        unet=unet,
        vae=vae,
        text_encoders=nothing,
        tokenizers=nothing,
        scheduler=build_scheduler(),
        zero_missing_negative=True,
        device=session.device,
        dtype=session.dtype,
    )


def start_compiling_anew() -> None:
    """Compiled code remembers which attention it chose but is not looked up by that: no variant may find another's."""
    torch._dynamo.reset()
    torch._functorch.config.enable_autograd_cache = False


@contextmanager
def inference(built: Built) -> Iterator[None]:
    """Every call of the variant belongs inside; at the end its graphs are given up, and their memory with them."""
    try:
        with torch.inference_mode():
            yield
    finally:
        if built.equipment is not None and built.equipment.run_unet.graphed is not None:
            built.equipment.run_unet.graphed.forget()
            torch.cuda.empty_cache()
