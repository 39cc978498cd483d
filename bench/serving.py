"""The comparison: paired rounds in which every system plays the same trace, in random order, one after the other."""

import asyncio
import logging
import random
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx

from bench import systems as names
from bench.load import Played, closed_loop, open_loop
from bench.models import make_models
from bench.overhead import Overhead, measure_overhead
from bench.systems import Peer, System, engine_alone, graph_send, peer_send, running_ours_on_ray, starting_peer
from bench.trace import WORKLOADS, TraceRequest, make_trace, missing_features, without
from deployments.specs import STARTER

logger = logging.getLogger(__name__)

AGAIN = "ours, again"  # A/A: how far apart one system's two runs lie
NUM_CLIENTS = 8
SLO_FACTOR = 5.0  # times what the request takes alone on the slowest baseline
Knobs = tuple[str, str]  # most images in a batch, seconds that it waits for them


@dataclass(frozen=True)
class Plan:
    models: tuple[str, ...]
    num_requests: int  # of one trace
    loads: tuple[float, ...]  # times the serial capacity measured in the same round; ascending
    open_workloads: tuple[str, ...]
    saturated_workloads: tuple[str, ...]
    knobs: tuple[Knobs, ...]  # tried for each batching peer, the best kept
    max_rounds: int
    budget_s: float  # of one model: after it no more begins; the first round's first figures always come


QUICK = Plan(
    ("overhead-bound",), 10, (0.8,), ("W4",), ("W1", "W3"), (("8", "0.05"),), max_rounds=5, budget_s=190
)  # fmt: skip
FULL = Plan(
    ("overhead-bound", "compute-bound"), 24, (0.5, 0.8, 1.0, 1.2, 2.0), ("W4", "W6"), ("W1", "W3"),
    (("4", "0.02"), ("8", "0.02"), ("8", "0.1")), max_rounds=9, budget_s=1080,
)  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """One system playing one trace. Saturated (closed loop) has load None."""

    model: str
    workload: str
    load: float | None
    round: int
    system: str
    images_per_s: float
    num_wrong: int
    latencies_s: dict[str, list[float]]  # by kind
    attainment: float | None  # of the SLO
    serial_per_s: float | None  # the capacity that `load` multiplies


@dataclass(frozen=True)
class Measured:
    segments: list[Segment]
    knobs: dict[str, dict[str, Knobs]]  # by model and peer
    overheads: list[Overhead]
    crowded_share: float = 0.0  # of the time in which some process waited for a core


def measure_serving(folder: Path, plan: Plan, with_ray: bool) -> Measured:
    measured = Measured([], {}, [])
    began_s, waited_s = time.monotonic(), _waited_for_core_s()
    model_dirs = make_models(folder)
    for model in plan.models:
        asyncio.run(_measure_model(model, model_dirs[model], plan, with_ray, measured))
    crowded_share = (_waited_for_core_s() - waited_s) / (time.monotonic() - began_s)
    return replace(measured, crowded_share=crowded_share)


def _waited_for_core_s() -> float:
    """Since the machine started: https://docs.kernel.org/accounting/psi.html, the line `some`, in µs."""
    first_line = Path("/proc/pressure/cpu").read_text().splitlines()[0]
    return int(first_line.rpartition("=")[2]) / 1e6


async def _measure_model(model: str, model_dir: Path, plan: Plan, with_ray: bool, measured: Measured) -> None:
    deadline_s = time.monotonic() + plan.budget_s
    async with httpx.AsyncClient(timeout=None, limits=httpx.Limits(max_connections=None)) as client:
        batchers = [names.LITSERVE, names.RAY_BATCH] if with_ray else [names.LITSERVE]
        knobs = {name: await _tuned(client, name, model_dir, plan) for name in batchers}
        measured.knobs[model] = knobs
        with ExitStack() as stack:
            start = partial(_started, stack, model_dir)
            peers = {
                names.OURS: start(names.OURS),
                names.SAME_KEY: start(names.SAME_KEY, "same-key"),
                names.LOCK: start(names.LOCK),
                **{name: start(name, *knobs[name]) for name in batchers},
            }
            urls = {name: peer.wait() for name, peer in peers.items()}
            systems = [System(name, peer_send(client, url)) for name, url in urls.items()]
            systems.append(System(AGAIN, systems[0].send))
            if with_ray:
                graph = stack.enter_context(running_ours_on_ray(model_dir))
                systems.append(System(names.OURS_ON_RAY, graph_send(client, graph)))
            alone = System(names.ENGINE_ALONE, stack.enter_context(engine_alone(model_dir, STARTER.max_rows)))
            rounds = _Rounds(model, plan, systems, alone, measured.segments, deadline_s)
            for number in range(plan.max_rounds):
                if with_ray:
                    overhead = await measure_overhead(client, model, number, graph, urls[names.RAY_BATCH])
                    measured.overheads.append(overhead)
                if not await rounds.play(number):
                    break
            logger.info("%s: %d rounds begun", model, number + 1)


def _started(stack: ExitStack, model_dir: Path, name: str, *arguments: str) -> Peer:
    return stack.enter_context(starting_peer(name, model_dir, *arguments))


async def _tuned(client: httpx.AsyncClient, name: str, model_dir: Path, plan: Plan) -> Knobs:
    """Those that answer W4's requests soonest, on average, with as many clients as a full batch."""
    if len(plan.knobs) == 1:
        return plan.knobs[0]
    trace = runnable_trace("W4", plan.num_requests, seed=1000)
    seconds = {}
    for knobs in plan.knobs:
        with starting_peer(name, model_dir, *knobs) as peer:
            played = await closed_loop(peer_send(client, peer.wait()), trace, NUM_CLIENTS)
        seconds[knobs] = sum(outcome.latency_s for outcome in played.outcomes)
    return min(seconds, key=lambda knobs: seconds[knobs])


def runnable_trace(name: str, num_requests: int, seed: int) -> list[TraceRequest]:
    """Without the features that nothing here can draw yet."""
    workload = WORKLOADS[name]
    return make_trace(without(workload, missing_features(workload)), num_requests, seed)


@dataclass(frozen=True)
class _Rounds:
    model: str
    plan: Plan
    systems: list[System]
    alone: System
    segments: list[Segment]
    deadline_s: float

    async def play(self, number: int) -> bool:
        """False when time is up: what is then missing of this round is missing for all systems alike."""
        rng = random.Random(f"{self.model} {number}")
        for workload in self.plan.saturated_workloads:
            trace = runnable_trace(workload, self.plan.num_requests, number)
            for system in _shuffled([*self.systems, self.alone], rng):
                self._keep(workload, None, number, system, await closed_loop(system.send, trace, NUM_CLIENTS))
            if time.monotonic() > self.deadline_s:
                return False
        for workload in self.plan.open_workloads:
            if not await self._play_open(workload, number, rng):
                return False
        return True

    async def _play_open(self, workload: str, number: int, rng: random.Random) -> bool:
        trace = runnable_trace(workload, self.plan.num_requests, number)
        serial = next(system for system in self.systems if system.name == names.LOCK)
        isolated = await closed_loop(serial.send, trace, 1)
        slo_s = {
            kind: SLO_FACTOR * sum(latencies_s) / len(latencies_s)
            for kind in ("icon", "splash")
            if (latencies_s := isolated.latencies_s(kind))
        }
        for load in self.plan.loads:
            rate_per_s = load * isolated.images_per_s
            for system in _shuffled(self.systems, rng):
                played = await open_loop(system.send, trace, rate_per_s)
                self._keep(workload, load, number, system, played, played.attainment(slo_s), isolated.images_per_s)
            if time.monotonic() > self.deadline_s:
                return False
        return True

    def _keep(
        self, workload: str, load: float | None, number: int, system: System, played: Played,
        attainment: float | None = None, serial_per_s: float | None = None,
    ) -> None:  # fmt: skip
        num_wrong = sum(not outcome.is_right for outcome in played.outcomes)
        latencies_s = {kind: [round(value, 4) for value in played.latencies_s(kind)] for kind in ("icon", "splash")}
        self.segments.append(
            Segment(
                self.model,
                workload,
                load,
                number,
                system.name,
                played.images_per_s,
                num_wrong,
                latencies_s,
                attainment,
                serial_per_s,
            )
        )


def _shuffled(systems: list[System], rng: random.Random) -> list[System]:
    return rng.sample(systems, len(systems))
