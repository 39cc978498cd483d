"""Requests are sent as a trace says, whatever the answers do, and every answer is looked at."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx
from PIL import Image

from bench.trace import TraceRequest

Send = Callable[[TraceRequest], Awaitable[bytes]]  # the image's file

TIMEOUT_S = 60.0  # of one request; one that takes longer is a miss


@dataclass(frozen=True)
class Outcome:
    request: TraceRequest
    latency_s: float  # from the moment that it was due, not from when the client got round to it
    is_right: bool  # answered in time, with an image of the asked size


@dataclass(frozen=True)
class Played:
    outcomes: list[Outcome]
    seconds: float  # from the first request to the last answer

    @property
    def images_per_s(self) -> float:
        return sum(outcome.is_right for outcome in self.outcomes) / self.seconds

    def latencies_s(self, kind: str) -> list[float]:
        """A miss counts as one that took the whole timeout."""
        return [
            outcome.latency_s if outcome.is_right else TIMEOUT_S
            for outcome in self.outcomes
            if outcome.request.kind == kind
        ]

    def attainment(self, slo_s: dict[str, float]) -> float:
        """The share answered rightly within its class's time."""
        kept = [outcome.is_right and outcome.latency_s <= slo_s[outcome.request.kind] for outcome in self.outcomes]
        return sum(kept) / len(kept)


async def open_loop(send: Send, trace: Sequence[TraceRequest], rate_per_s: float) -> Played:
    started_s = time.perf_counter()

    async def play(request: TraceRequest) -> tuple[TraceRequest, float, bytes]:
        due_s = started_s + request.due / rate_per_s
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        content = await _ask(send, request)
        return request, time.perf_counter() - due_s, content

    answers = await asyncio.gather(*(play(request) for request in trace))
    return _looked_at(answers, time.perf_counter() - started_s)


async def closed_loop(send: Send, trace: Sequence[TraceRequest], num_clients: int) -> Played:
    """Each client sends its next request when its last one is answered; their due times play no part."""
    waiting = list(reversed(trace))
    answers: list[tuple[TraceRequest, float, bytes]] = []

    async def client() -> None:
        while waiting:
            request = waiting.pop()
            sent_s = time.perf_counter()
            content = await _ask(send, request)
            answers.append((request, time.perf_counter() - sent_s, content))

    started_s = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(num_clients)))
    return _looked_at(answers, time.perf_counter() - started_s)


async def _ask(send: Send, request: TraceRequest) -> bytes:
    """Nothing when it failed: a load generator goes on and counts it."""
    try:
        return await asyncio.wait_for(send(request), TIMEOUT_S)
    except (httpx.HTTPError, TimeoutError):
        return b""


def _looked_at(answers: Sequence[tuple[TraceRequest, float, bytes]], seconds: float) -> Played:
    """Decoding comes after the clock has stopped."""
    return Played([Outcome(request, latency_s, _fits(request, content)) for request, latency_s, content in answers],
                  seconds)  # fmt: skip


def _fits(request: TraceRequest, content: bytes) -> bool:
    if not content:
        return False
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return image.size == (request.width_px, request.height_px)
