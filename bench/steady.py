"""Whether memory stays: thousands of mixed requests through one engine in one process, its RSS looked at on the way."""

import ctypes
import logging
import random
import tempfile
from collections import deque
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench.extras import Extras
from bench.models import make_extras
from bench.peers.own_engine import MAX_ROWS, image_request, start_engine
from bench.trace import WORKLOADS, make_trace
from deployments.engine.engine import Engine
from deployments.engine.job import Job
from deployments.engine.request import ImageRequest
from deployments.errors import GenerationFailed, InvalidRequest
from tests.random_model import make_random_model

logger = logging.getLogger(__name__)

NUM_REQUESTS = 10_000
NUM_LOOKS = 10  # at the RSS, evenly spread
SIZES_PX = ((32, 32), (64, 64))
NUM_PROMPTS = 300  # more than the engine remembers
NUM_UNDER_WAY = 40  # submitted and not awaited: some wait, as under load
MB = 1e6


@dataclass(frozen=True)
class Steady:
    num_requests: int
    rss_mb: list[float]  # after each tenth of them
    trimmed_mb: float  # at the end, once the allocator has given back what it keeps free: what is really held
    num_finished: int
    num_cancelled: int
    num_refused: int

    @property
    def growth_mb(self) -> float:
        """From the first tenth, after which every cache is full."""
        return self.rss_mb[-1] - self.rss_mb[0]

    @property
    def late_growth_mb(self) -> float:
        """Over the second half: a leak grows as long as work comes, an allocator's free lists level off."""
        return self.rss_mb[-1] - self.rss_mb[NUM_LOOKS // 2 - 1]


def measure_steady(num_requests: int = NUM_REQUESTS) -> Steady:
    """In this process, which should hold nothing else yet."""
    with tempfile.TemporaryDirectory() as folder:
        model_dir = Path(folder) / "starter"
        make_random_model(model_dir)
        extras = make_extras(model_dir)
        engine = start_engine(model_dir, MAX_ROWS)
        try:
            return _play(engine, _requests(extras, num_requests))
        finally:
            engine.stop()


def _requests(extras: Extras, number: int) -> list[ImageRequest]:
    """W5's features at one or two steps. Every 29th names an adapter that is not there."""
    rng = random.Random(0)
    requests = []
    for index, asked in enumerate(make_trace(WORKLOADS["W5"], number, seed=0)):
        width_px, height_px = rng.choice(SIZES_PX)
        lora = "unknown" if index % 29 == 28 else rng.choice((asked.lora, None))
        small = replace(asked, width_px=width_px, height_px=height_px, num_steps=rng.choice((1, 1, 1, 2)), lora=lora)
        small = replace(small, prompt=f"white rocket {rng.randrange(NUM_PROMPTS)}")
        requests.append(image_request(small, extras))
    return requests


def _play(engine: Engine, requests: list[ImageRequest]) -> Steady:
    """Every 31st is cancelled when it may have begun."""
    counts = {"finished": 0, "cancelled": 0, "refused": 0}
    under_way: deque[Job] = deque()
    rss_mb = []
    for index, request in enumerate(requests, start=1):
        under_way.append(engine.submit(request))
        if index % 31 == 0:
            under_way[len(under_way) // 2].cancel()
        if len(under_way) >= NUM_UNDER_WAY:
            counts[_outcome(under_way.popleft())] += 1
        if index % (len(requests) // NUM_LOOKS) == 0:
            rss_mb.append(_rss_mb())
            logger.info("steady: %d of %d requests, RSS %.1f MB", index, len(requests), rss_mb[-1])
    while under_way:
        counts[_outcome(under_way.popleft())] += 1
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return Steady(len(requests), rss_mb, _rss_mb(), counts["finished"], counts["cancelled"], counts["refused"])


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss / MB)


def _outcome(job: Job) -> str:
    try:
        job.result.result()
    except InvalidRequest:
        return "refused"
    except (CancelledError, GenerationFailed):
        if not job.is_cancelled:
            raise
        return "cancelled"
    return "finished"
