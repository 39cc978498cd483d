"""The model under evaluation, asked as those who use it ask: through the engine, many strangers in a batch."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from deployments.engine.decode import decode
from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.job import Job
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.request import ImageRequest, ReferenceRequest
from deployments.specs import STARTER, Kind
from train.starter.cache import to_unit
from train.starter.examples import Example
from train.starter.reference import ADAPTER_FILE

ADAPTER = "style"
MAX_SUBMITTED = 32  # images at once: enough to fill batches
NUM_STEPS = STARTER.steps["medium"]


@dataclass(frozen=True)
class Candidate:
    draw: Callable[[Sequence[ImageRequest]], Iterator[np.ndarray]]  # in order
    round_trip: Callable[[np.ndarray], np.ndarray]  # a picture through the autoencoder and back
    has_adapter: bool


@contextmanager
def open_candidate(folder: Path, num_threads: int = STARTER.num_threads) -> Iterator[Candidate]:
    """With the starter profile's settings, on CPU."""
    model = load_model(folder)
    equipment = equip(model, STARTER.max_lora_rank)
    adapter = folder / "ip_adapter" / ADAPTER_FILE
    if adapter.exists():
        equipment.load_reference_adapter(ADAPTER, adapter, folder / "image_encoder")
    engine = Engine(equipment, STARTER.max_rows, num_threads)
    engine.start()
    try:
        yield Candidate(partial(_draw, engine), partial(_round_trip, model), adapter.exists())
    finally:
        engine.stop()


def request_for(kind: Kind, example: Example, seed: int, reference: Example | None = None) -> ImageRequest:
    height, width = example.pixels_HWC.shape[:2]
    return ImageRequest(
        prompt=example.caption,
        negative_prompt=None,
        width_px=width,
        height_px=height,
        num_steps=NUM_STEPS,
        guidance_scale=STARTER.kinds[kind].guidance_scale,
        seed=seed,
        references=(ReferenceRequest(ADAPTER, reference.pixels_HWC),) if reference else (),
    )


def _draw(engine: Engine, requests: Sequence[ImageRequest]) -> Iterator[np.ndarray]:
    jobs: deque[Job] = deque()
    for request in requests:
        jobs.append(engine.submit(request))
        if len(jobs) == MAX_SUBMITTED:
            yield jobs.popleft().result.result().pixels_HWC
    while jobs:
        yield jobs.popleft().result.result().pixels_HWC


@torch.inference_mode()
def _round_trip(model: SdxlModel, pixels_HWC: np.ndarray) -> np.ndarray:
    """On the caller's thread, since the engine is idle then."""
    latents_NCHW = model.vae.encode(to_unit(pixels_HWC[None])).latent_dist.mean
    return decode(model, latents_NCHW[0] * model.vae.config.scaling_factor)
