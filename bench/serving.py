"""The comparison: all systems are started, the batching peers tuned, and rounds played until the time is used."""

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx

from bench import systems as names
from bench.load import closed_loop
from bench.models import batch_gain, make_models
from bench.overhead import Overhead, measure_overhead
from bench.plan import NUM_CLIENTS, Knobs, Plan
from bench.rounds import Rounds, Segment
from bench.systems import Peer, engine_alone, graph_send, peer_send, running_ours_on_ray, starting_peer
from bench.trace import WORKLOADS, make_trace
from deployments.specs import STARTER

logger = logging.getLogger(__name__)

NUM_TUNING = 24  # requests for each setting


@dataclass(frozen=True)
class Measured:
    segments: list[Segment]
    knobs: dict[str, dict[str, Knobs]]  # by model and peer
    overheads: list[Overhead]
    batch_gains: dict[str, dict[str, float]]  # by model and kind of image: `bench.models.batch_gain`
    crowded_share: float = 0.0  # of the time in which some process waited for a core


def measure_serving(folder: Path, plans: Sequence[Plan], with_ray: bool) -> Iterator[Measured]:
    """All that is known so far, after each model: what one model's run has found, another's failure does not take."""
    measured = Measured([], {}, [], {})
    began_s, waited_s = time.monotonic(), _waited_for_core_s()
    model_dirs = make_models(folder)
    for plan in plans:
        measured.batch_gains[plan.model] = batch_gain(model_dirs[plan.model])
        asyncio.run(_measure_model(model_dirs[plan.model], plan, with_ray, measured))
        crowded_share = (_waited_for_core_s() - waited_s) / (time.monotonic() - began_s)
        yield replace(measured, crowded_share=crowded_share)


def _waited_for_core_s() -> float:
    """Since the machine started: https://docs.kernel.org/accounting/psi.html, the line `some`, in µs."""
    first_line = Path("/proc/pressure/cpu").read_text().splitlines()[0]
    return int(first_line.rpartition("=")[2]) / 1e6


async def _measure_model(model_dir: Path, plan: Plan, with_ray: bool, measured: Measured) -> None:
    logger.info("%s: starting all systems", plan.model)
    async with httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None)) as client:
        with ExitStack() as stack:
            start = partial(_started, stack, model_dir)
            batchers = [names.LITSERVE, names.RAY_BATCH] if with_ray else [names.LITSERVE]
            candidates = {(name, knobs): start(name, *knobs) for name in batchers for knobs in plan.knobs}
            peers = {
                names.OURS: start(names.OURS), names.SAME_KEY: start(names.SAME_KEY, "same-key"),
                names.LOCK: start(names.LOCK),
            }  # fmt: skip
            await asyncio.gather(*(asyncio.to_thread(peer.wait) for peer in (*candidates.values(), *peers.values())))
            measured.knobs[plan.model] = {
                name: await _tuned(client, {knobs: candidates[name, knobs] for knobs in plan.knobs})
                for name in batchers
            }
            peers |= {name: candidates[name, knobs] for name, knobs in measured.knobs[plan.model].items()}
            send = {name: peer_send(client, peer.url) for name, peer in peers.items()}
            send[names.AGAIN] = send[names.OURS]
            send[names.ENGINE_ALONE] = stack.enter_context(engine_alone(model_dir, STARTER.max_rows))
            measure_http = None
            if with_ray:
                graph = stack.enter_context(running_ours_on_ray(model_dir))
                send[names.OURS_ON_RAY] = graph_send(client, graph)
                measure_http = partial(measure_overhead, client, plan.model, graph, peers[names.RAY_BATCH].url)
            rounds = Rounds(plan, send, measured.segments, time.monotonic() + plan.budget_s)
            while await rounds.play():
                if measure_http is not None:
                    measured.overheads.append(await measure_http(rounds.number))


def _started(stack: ExitStack, model_dir: Path, name: str, *arguments: str) -> Peer:
    return stack.enter_context(starting_peer(name, model_dir, *arguments))


async def _tuned(client: httpx.AsyncClient, candidates: dict[Knobs, Peer]) -> Knobs:
    """Those that answer W4's requests soonest, on average, with as many clients as a full batch; others are stopped."""
    seconds = dict.fromkeys(candidates, 0.0)
    if len(candidates) > 1:
        trace = make_trace(WORKLOADS["W4"], NUM_TUNING, seed=1000)
        for knobs, peer in candidates.items():
            played = await closed_loop(peer_send(client, peer.url), trace, NUM_CLIENTS)
            seconds[knobs] = sum(outcome.latency_s for outcome in played.outcomes)
    best = min(seconds, key=lambda knobs: seconds[knobs])
    for knobs, peer in candidates.items():
        if knobs != best:
            peer.stop()
    return best
