"""How many rows a step should hold on this machine, found by trying."""

import torch

from deployments.engine.equipment import Equipment
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest
from deployments.engine.speed import saturating_rows
from deployments.engine.step import step


@torch.inference_mode()
def measure_max_rows(equipment: Equipment, width_px: int, height_px: int, limit: int) -> int:
    """The fewest rows whose throughput is nearly the best, at the size that is asked for most; at most `limit`."""
    preparer = Preparer(equipment)
    request = ImageRequest("an icon", None, width_px, height_px, num_steps=1, guidance_scale=1.0, seed=0)

    def step_with(num_rows: int) -> None:
        step(equipment, [preparer.prepare(request) for _ in range(num_rows)])

    return saturating_rows(step_with, limit)
