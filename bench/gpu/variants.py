"""The ways to run the same weights that are compared."""

import copy
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
import torch._dynamo.config
import torch._functorch.config
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench.gpu.architecture import build_scheduler
from bench.gpu.fp8 import use_fp8_linears
from bench.gpu.graphed import GraphedUnet
from bench.gpu.rows import NotMeasured
from bench.gpu.session import Session
from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import SdxlModel

_MAX_SHAPES = 64  # that one piece of code may be compiled for; the default of 8 would quietly go back to eager


@dataclass(frozen=True)
class Variant:
    name: str
    is_ours: bool  # the engine's step, attention and memory layout; else diffusers as it comes
    compiled: tuple[str, ...] = ()  # classes of the blocks that are compiled, each by itself
    is_graphed: bool = False
    is_fp8: bool = False
    goal: str | None = None  # of its whole images


_BLOCKS = ("BasicTransformerBlock", "ResnetBlock2D")

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
    backend: SDPBackend | None

    def attention(self) -> AbstractContextManager[object]:
        """The others stand behind the fastest, for shapes that it does not take."""
        if self.backend is None:
            return nullcontext()
        others = (SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH)
        return sdpa_kernel([self.backend, *(other for other in others if other != self.backend)], set_priority=True)


def build(session: Session, variant: Variant) -> Built:
    """Raises NotMeasured where the machine lacks what the variant needs."""
    if variant.is_graphed and not session.is_cuda:
        raise NotMeasured("CUDA graphs need CUDA")
    if variant == EAGER:
        return Built(variant, session.unet, session.vae, None, None)
    if variant.compiled:
        start_compiling_anew()
    if variant.is_ours:
        return _build_ours(session, variant)
    unet = copy.deepcopy(session.unet)
    compile_blocks(unet, variant.compiled, session.plan.compile_backend)
    return Built(variant, unet, session.vae, None, None)


def _build_ours(session: Session, variant: Variant) -> Built:
    plan = session.plan
    unet, vae = (copy.deepcopy(module).to(memory_format=torch.channels_last) for module in (session.unet, session.vae))
    if variant.is_fp8:
        use_fp8_linears(unet, plan.min_fp8_width)
    equipment = equip(wrap(session, unet, vae), plan.bank_rank)
    compile_blocks(unet, variant.compiled, plan.compile_backend)
    compile_blocks(vae.decoder, variant.compiled, plan.compile_backend)
    if variant.is_graphed:
        unet = GraphedUnet(unet)
        equipment = replace(equipment, model=replace(equipment.model, unet=unet))
    return Built(variant, unet, vae, equipment, session.attention_backend)


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


def compile_blocks(module: nn.Module, class_names: tuple[str, ...], backend: str) -> None:
    for block in module.modules():
        if type(block).__name__ in class_names:
            block.compile(backend=backend, dynamic=False)


def start_compiling_anew() -> None:
    """Compiled code remembers which attention it chose but is not looked up by that: no variant may find another's."""
    torch._dynamo.reset()
    torch._dynamo.config.recompile_limit = _MAX_SHAPES
    torch._functorch.config.enable_autograd_cache = False


@contextmanager
def inference(built: Built) -> Iterator[None]:
    """Every call of the variant belongs inside; at the end its captures are given up, and their memory with them."""
    try:
        with torch.inference_mode(), built.attention():
            yield
    finally:
        if isinstance(built.unet, GraphedUnet):
            built.unet.forget()
