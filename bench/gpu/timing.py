"""How long a call takes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

_BLOCK_S = 0.02  # of calls between two looks at the clock, so that looking costs nothing
_MIN_BLOCKS = 2
_CALLS_IN_GRAPH = 20


@dataclass(frozen=True)
class Timing:
    """Seconds of one call: the median of the blocks, and the fastest and slowest block."""

    median_s: float
    low_s: float
    high_s: float
    first_s: float  # the very first call: it compiles, captures and fills caches


def measure(call: Callable[[], object], device: torch.device, seconds: float) -> Timing:
    """Wall clock around blocks of calls that end with the device idle, so that launching counts as it does in life."""
    first_s = _block_s(call, device, 1)
    until_s = time.perf_counter() + seconds
    once_s = _block_s(call, device, 1)
    num_calls = max(1, round(_BLOCK_S / max(once_s, 1e-7)))
    blocks_s = [once_s] if num_calls == 1 else []
    while len(blocks_s) < _MIN_BLOCKS or time.perf_counter() < until_s:
        blocks_s.append(_block_s(call, device, num_calls) / num_calls)
    return Timing(statistics.median(blocks_s), min(blocks_s), max(blocks_s), first_s)


def measure_kernel(call: Callable[[], object], device: torch.device, seconds: float) -> Timing:
    """Of a call that is one kernel or few: replayed from a graph, as launching takes longer than such a kernel runs."""
    if device.type != "cuda":
        return measure(call, device, seconds)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # libraries choose kernels and take workspace before the capture, not in it
        for _ in range(3):
            call()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for _ in range(_CALLS_IN_GRAPH):
            call()
    timing = measure(graph.replay, device, seconds)
    return Timing(
        *(value / _CALLS_IN_GRAPH for value in (timing.median_s, timing.low_s, timing.high_s, timing.first_s))
    )


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _block_s(call: Callable[[], object], device: torch.device, num_calls: int) -> float:
    synchronize(device)
    started_s = time.perf_counter()
    for _ in range(num_calls):
        call()
    synchronize(device)
    return time.perf_counter() - started_s
