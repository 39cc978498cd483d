"""Which of torch's attention kernels runs: the fastest on this device at each size of image, timed once.

They differ by GPU and by shape, and torch's own order of preference knows neither.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from deployments.engine.layout import GridSize, level_of

KERNELS = (SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION)
_NUM_ROWS = 2  # one guided image: the choice must not depend on how many rows there happen to be
_NUM_TIMED = 10


@dataclass(frozen=True)
class AttentionShape:
    num_heads: int
    num_queries: int
    head_width: int


TimeAttention = Callable[[SDPBackend, AttentionShape], float]  # seconds; inf where the kernel does not take the shape


class AttentionKernels:
    def __init__(self, unet: UNet2DConditionModel, time_s: TimeAttention) -> None:
        self._unet = unet
        self._time_s = time_s
        self._fastest: dict[GridSize, SDPBackend] = {}

    def at(self, latent_size: GridSize) -> AbstractContextManager[object]:
        """While entered, attention prefers the fastest; the others stand behind it, for calls that it does not take."""
        if latent_size not in self._fastest:
            self._fastest[latent_size] = self._choose(latent_size)
        fastest = self._fastest[latent_size]
        others = [kernel for kernel in (*KERNELS, SDPBackend.MATH) if kernel != fastest]
        return sdpa_kernel([fastest, *others], set_priority=True)

    def _choose(self, latent_size: GridSize) -> SDPBackend:
        shapes = _self_attentions(self._unet, latent_size)
        seconds = {
            kernel: sum(number * self._time_s(kernel, shape) for shape, number in shapes.items()) for kernel in KERNELS
        }
        return min(seconds, key=seconds.__getitem__)


def _self_attentions(unet: UNet2DConditionModel, latent_size: GridSize) -> Counter[AttentionShape]:
    """How many layers of each shape; text attention, with its few keys, takes next to no time."""
    height, width = latent_size
    last_level = len(unet.config.block_out_channels) - 1
    shapes: Counter[AttentionShape] = Counter()
    for path, module in unet.named_modules():
        if isinstance(module, Attention) and path.endswith("attn1"):
            downscale = 2 ** level_of(path, last_level)
            num_queries = -(-height // downscale) * -(-width // downscale)
            shapes[AttentionShape(module.heads, num_queries, module.inner_dim // module.heads)] += 1
    return shapes


def cuda_timer(device: torch.device, dtype: torch.dtype) -> TimeAttention:
    return partial(_time_on_cuda, device, dtype)


@torch.inference_mode()
def _time_on_cuda(device: torch.device, dtype: torch.dtype, kernel: SDPBackend, shape: AttentionShape) -> float:
    size = (_NUM_ROWS, shape.num_heads, shape.num_queries, shape.head_width)
    q, k, v = (torch.randn(size, device=device, dtype=dtype) for _ in range(3))
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    with sdpa_kernel(kernel):
        try:
            scaled_dot_product_attention(q, k, v)
        except RuntimeError:  # how torch says that this kernel does not take this shape, type or GPU
            return float("inf")
        begin.record()
        for _ in range(_NUM_TIMED):
            scaled_dot_product_attention(q, k, v)
        end.record()
    end.synchronize()
    milliseconds: float = begin.elapsed_time(end)
    return milliseconds / 1e3 / _NUM_TIMED
