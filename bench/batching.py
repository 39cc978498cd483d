"""What stepping together is worth: our engine beside diffusers' own pipeline, same weights, same cores, one run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.request import ImageRequest

NUM_STEPS = 20
SIDE_PX = 256
NUM_THREADS = 2
ROUNDS = 5


@dataclass(frozen=True)
class Ratio:
    """Median over paired rounds of (diffusers' seconds / ours), with the lowest and highest; above 1 we are faster."""

    name: str
    median: float
    low: float
    high: float


def measure_batching(model_dir: Path) -> list[Ratio]:
    torch.set_num_threads(NUM_THREADS)
    pipeline = StableDiffusionXLPipeline.from_pretrained(model_dir, local_files_only=True, use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    engine = Engine(equip(load_model(model_dir), max_lora_rank=64), max_rows=16, num_threads=NUM_THREADS)
    engine.start()

    def ours(num_images: int) -> None:
        jobs = [engine.submit(_request(seed)) for seed in range(num_images)]
        for job in jobs:
            job.result.result()

    def theirs(num_images: int) -> None:
        for seed in range(num_images):
            pipeline(
                "white rocket", width=SIDE_PX, height=SIDE_PX, num_inference_steps=NUM_STEPS, guidance_scale=5.0,
                generator=torch.Generator("cpu").manual_seed(seed),
            )  # fmt: skip

    ratios = [
        _paired("one image", lambda: theirs(1), lambda: ours(1)),
        _paired("eight images of strangers at once", lambda: theirs(8), lambda: ours(8)),
        _paired("diffusers beside itself (noise band)", lambda: theirs(1), lambda: theirs(1)),
    ]
    engine.stop()
    return ratios


def _request(seed: int) -> ImageRequest:
    return ImageRequest("white rocket", None, SIDE_PX, SIDE_PX, NUM_STEPS, 5.0, seed)


def _paired(name: str, theirs: Callable[[], None], ours: Callable[[], None]) -> Ratio:
    theirs()  # warm
    ours()
    ratios = sorted(_seconds(theirs) / _seconds(ours) for _ in range(ROUNDS))
    return Ratio(name, statistics.median(ratios), ratios[0], ratios[-1])


def _seconds(work: Callable[[], None]) -> float:
    started_s = time.perf_counter()
    work()
    return time.perf_counter() - started_s
