"""A submitted image: what becomes of it, and what it comes to."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass, field

import numpy as np

from deployments.engine.request import ImageRequest


@dataclass(frozen=True)
class FinishedImage:
    pixels_HWC: np.ndarray  # RGB, uint8
    num_prompt_tokens: int
    is_prompt_truncated: bool
    submitted_s: float  # by the monotonic clock; what follows is what came then
    queue_s: float  # to the first step
    encode_s: float  # the last part of it: prompts and references became tensors
    denoise_s: float
    decode_s: float
    device_s: float  # its share of the steps and the decoding that it was part of


@dataclass(frozen=True)
class Progress:
    step: int
    num_steps: int
    preview_HWC: np.ndarray | None  # RGB, uint8, one pixel for each latent position
    device_s: float  # so far


@dataclass(eq=False)
class Job:
    """A submitted image. `cancel()` takes effect at the next step, also while it is being drawn."""

    request: ImageRequest
    submitted_s: float = field(default_factory=time.monotonic)
    result: "Future[FinishedImage]" = field(default_factory=Future)
    is_cancelled: bool = False
    device_s: float = 0.0  # its share of the steps that it was part of
    progress: Progress | None = None  # the latest only: who reads slowly skips some, and costs nothing
    context: Context = field(default_factory=copy_context)  # of who submitted it; what is logged of it belongs there
    on_progress: Callable[[], None] | None = None  # called on the engine's thread; must return at once

    def cancel(self) -> None:
        # Future.cancel() refuses once it is running; the loop reads this flag at every step instead.
        self.is_cancelled = True
        self.result.cancel()

    def is_late(self, now_s: float) -> bool:
        deadline_s = self.request.deadline_s
        return deadline_s is not None and now_s > self.submitted_s + deadline_s

    def report(self, progress: Progress) -> None:
        self.progress = progress
        if self.on_progress:
            self.on_progress()


async def watch(
    jobs: Sequence[Job], with_progress: bool, every_s: float = 0.0
) -> AsyncIterator[tuple[int, Progress | FinishedImage]]:
    """What is new, with the job's place: the latest progress, then the image. Who reads slowly misses only progress.

    Of a job's progress the first is told and each preview, the rest no sooner than `every_s` after the one before.
    Raises what a job failed with.
    """
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def tell(*_: object) -> None:
        loop.call_soon_threadsafe(news.set)

    for job in jobs:
        job.result.add_done_callback(tell)
        job.on_progress = tell if with_progress else None
    unfinished, told, due_s = dict(enumerate(jobs)), dict[int, Progress](), dict[int, float]()
    try:
        while unfinished:
            await news.wait()
            news.clear()
            for index, job in list(unfinished.items()):
                progress = job.progress
                if job.result.done():
                    del unfinished[index]
                    yield index, job.result.result()
                elif with_progress and progress and progress is not told.get(index):
                    now_s = time.monotonic()
                    if progress.preview_HWC is not None or now_s >= due_s.get(index, now_s):
                        told[index], due_s[index] = progress, now_s + every_s
                        yield index, progress
    finally:
        for job in jobs:
            job.on_progress = None
