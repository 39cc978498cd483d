"""The base model drawn with by the serving engine, inside training."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState

from deployments.engine.engine import Engine
from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import load_model
from deployments.engine.request import ImageRequest
from deployments.specs import ProfileSpec

MAX_SUBMITTED = 32  # images at once: enough to fill batches


def equip_as_served(model_folder: Path, spec: ProfileSpec) -> Equipment:
    """On the device that trains; without a GPU in float32, whatever is served."""
    device = PartialState().device
    dtype = getattr(torch, spec.dtype) if device.type == "cuda" else torch.float32
    return equip(load_model(model_folder, str(device), dtype), spec.max_lora_rank)


@contextmanager
def running(equipment: Equipment, spec: ProfileSpec, num_threads: int) -> Iterator[Engine]:
    """`num_threads`: of torch on CPU, the training's own."""
    engine = Engine(equipment, spec.max_rows, num_threads)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def draw_all(engine: Engine, requests: Sequence[ImageRequest]) -> Iterator[np.ndarray]:
    """uint8 RGB [H, W, 3], in the order of the requests."""
    for start in range(0, len(requests), MAX_SUBMITTED):
        jobs = [engine.submit(request) for request in requests[start : start + MAX_SUBMITTED]]
        yield from (job.result.result().pixels_HWC for job in jobs)
