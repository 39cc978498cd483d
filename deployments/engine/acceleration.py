"""Makes a loaded model fast: its memory layout, its arithmetic, compiled blocks, recorded graphs."""

from functools import partial

import torch
import torch.fx.experimental._config
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import nn

from deployments.engine.attention_kernels import AttentionKernels, cuda_timer
from deployments.engine.decode import decode_all
from deployments.engine.equipment import Equipment, Wrap, equip
from deployments.engine.fp8 import use_fp8_linears
from deployments.engine.graphed import Capture, CudaCapture, GraphedUnet
from deployments.engine.load import SdxlModel
from deployments.engine.lora_bank import LoraUse
from deployments.engine.lora_files import LoraAdapter, LoraLayer, adaptable_linears
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest
from deployments.engine.step import step
from deployments.engine.unet_runner import UnetRunner
from deployments.specs import Acceleration

# Of one block's code. All widths and depths of the UNet and the decoder share it, each with a form of its own, and one
# more for a single row; beyond torch's usual 8 it would quietly go back to eager.
_MAX_FORMS = 128


def accelerate(
    model: SdxlModel, max_lora_rank: int, acceleration: Acceleration, capture: Capture | None = None
) -> Equipment:
    """Equips the model too: 8-bit linears must be there before the bank wraps them, and all of it before compiling.

    `capture` stands in for CUDA's graphs.
    """
    if acceleration.channels_last:
        model.vae.to(memory_format=torch.channels_last)
    if acceleration.compiled_blocks:
        compile_blocks(model.vae.decoder, acceleration.compiled_blocks, acceleration.compile_backend)
    return equip(model, max_lora_rank, partial(_fit, acceleration, capture))


def _fit(acceleration: Acceleration, capture: Capture | None, unet: UNet2DConditionModel, wrap: Wrap) -> UnetRunner:
    if acceleration.channels_last:
        unet.to(memory_format=torch.channels_last)
    if acceleration.fp8_min_width is not None:
        use_fp8_linears(unet, acceleration.fp8_min_width)
    wrap(unet)
    if acceleration.compiled_blocks:
        compile_blocks(unet, acceleration.compiled_blocks, acceleration.compile_backend)
    return UnetRunner(
        unet,
        is_compiled=bool(acceleration.compiled_blocks),
        graphed=GraphedUnet(unet, capture or CudaCapture()) if acceleration.cuda_graphs else None,
        kernels=_kernels(unet),
    )


def compile_blocks(module: nn.Module, class_names: tuple[str, ...], backend: str) -> None:
    """For any number of rows and any size at once: a server cannot stop to compile when one comes that is new."""
    torch.fx.experimental._config.use_duck_shape = False  # else lengths that were equal once would have to stay so
    for block in module.modules():
        if isinstance(block, Attention):  # a forward of each one's own would be compiled for each one
            vars(block).pop("forward", None)
        if type(block).__name__ in class_names:
            block.compile(backend=backend, dynamic=True, recompile_limit=_MAX_FORMS)


@torch.inference_mode()
def warm_up(equipment: Equipment, width_px: int, height_px: int) -> None:
    """Draws with one row and with several, without and with an adapter: after it nothing is compiled any more."""
    preparer = Preparer(equipment)
    request = ImageRequest("an icon", None, width_px, height_px, num_steps=1, guidance_scale=1.0, seed=0)
    use = LoraUse(equipment.bank.add(equipment.bank.pack(_empty_adapter(equipment))), 1.0)
    equipment.bank.acquire(use.handle)
    for num_rows in (2, 1):
        for loras in ((), (use,)):
            samples = [preparer.prepare(request) for _ in range(num_rows)]
            samples[0].loras = loras
            step(equipment, samples)
            decode_all(equipment.model, [sample.latents_CHW for sample in samples])
    equipment.bank.release(use.handle)
    equipment.bank.drop(use.handle)


def _kernels(unet: UNet2DConditionModel) -> AttentionKernels | None:
    return AttentionKernels(unet, cuda_timer(unet.device, unet.dtype)) if unet.device.type == "cuda" else None


def _empty_adapter(equipment: Equipment) -> LoraAdapter:
    path, linear = next(iter(adaptable_linears(equipment.model.unet).items()))
    layer = LoraLayer(torch.zeros(1, linear.in_features), torch.zeros(linear.out_features, 1), 1.0)
    return LoraAdapter("warm-up", "", {path: layer}, ({}, {}))
