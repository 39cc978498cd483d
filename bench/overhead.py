"""What HTTP, Serve, keys, database and store add to an image, beside what two bare hops of Serve cost."""

import time
from dataclasses import dataclass

import httpx

from bench.stats import percentile
from bench.systems import graph_body
from bench.trace import W1, make_trace
from tests.graph import Graph

NUM_REQUESTS = 10  # a round, one after the other


@dataclass(frozen=True)
class Overhead:
    model: str
    round: int
    ours_ms: float  # median of the client's latency less the engine's queue, steps and decoding
    echo_ms: float  # median latency of two hops, same sizes of body and answer


async def measure_overhead(
    client: httpx.AsyncClient, model: str, graph: Graph, ray_batch_url: str, number: int
) -> Overhead:
    headers = {"authorization": f"Bearer {graph.key}"}
    ours_ms, echo_ms = [], []
    for request in make_trace(W1, NUM_REQUESTS, number):
        body = graph_body(request)
        sent_s = time.perf_counter()
        answer = await client.post(f"{graph.url}/v1/images/generations", json=body, headers=headers)
        latency_ms = 1000 * (time.perf_counter() - sent_s)
        timings = answer.raise_for_status().json()["timings"]
        ours_ms.append(latency_ms - sum(timings[part] for part in ("queue_ms", "denoise_ms", "decode_ms")))
        sent_s = time.perf_counter()
        size_bytes = len(answer.content)
        echo = await client.post(f"{ray_batch_url}/echo/", params={"size_bytes": size_bytes}, json=body)
        echo_ms.append(1000 * (time.perf_counter() - sent_s))
        assert len(echo.raise_for_status().content) == size_bytes
    return Overhead(model, number, percentile(ours_ms, 50), percentile(echo_ms, 50))
