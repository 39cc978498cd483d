"""What the measurements of one run share: the machine, the plan, the clock, and what earlier ones found out."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from bench.gpu.architecture import build_unet, build_vae
from bench.gpu.flops import Flops, decode_flops, unet_row_flops
from bench.gpu.inputs import UnetInputs, make_inputs
from bench.gpu.plan import Plan, Point
from bench.gpu.timing import Timing, measure

EagerKey = tuple[str, int, int]  # what, side in pixels, images


@dataclass
class Session:
    plan: Plan
    device: torch.device
    dtype: torch.dtype
    seconds: float  # of repeating, for one measurement
    deadline_s: float  # on time.monotonic()'s clock
    rates: dict[str, float] = field(default_factory=dict)  # best FLOP/s of each kind, from the roofline
    eager_s: dict[EagerKey, float] = field(default_factory=dict)
    _row_flops: dict[int, Flops] = field(default_factory=dict)

    @property
    def left_s(self) -> float:
        return self.deadline_s - time.monotonic()

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    def measure(self, call: Callable[[], object]) -> Timing:
        return measure(call, self.device, self.seconds)

    @cached_property
    def unet(self) -> Any:
        """Eager diffusers, as built: what every variant starts from and is held against."""
        return build_unet(self.plan.architecture, self.device, self.dtype)

    @cached_property
    def vae(self) -> Any:
        return build_vae(self.plan.architecture, self.device, self.dtype)

    @cached_property
    def decode_flops(self) -> Flops:
        return decode_flops(self.plan.architecture, self.plan.decode_px)

    def row_flops(self, side_px: int) -> Flops:
        """Of one row through the UNet."""
        if side_px not in self._row_flops:
            self._row_flops[side_px] = unet_row_flops(self.plan.architecture, side_px)
        return self._row_flops[side_px]

    def inputs(self, point: Point) -> UnetInputs:
        """For the UNet, two rows an image."""
        side_px, batch = point
        return make_inputs(self.plan.architecture, side_px, 2 * batch, self.device, self.dtype)

    def ratio_to_eager(self, key: EagerKey, seconds: float) -> float | None:
        return self.eager_s[key] / seconds if key in self.eager_s else None


def relative_l2(output: torch.Tensor, reference: torch.Tensor) -> float:
    difference = (output.float() - reference.float()).norm() / reference.float().norm()
    return float(difference)


def ratio(floor_s: float | None, seconds: float) -> float | None:
    return None if floor_s is None else floor_s / seconds


def free_memory() -> None:
    """Gives back what nobody holds any more on the GPU."""
    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()
