"""Paired rounds: in each one every system plays the same traces, in random order, one after the other."""

import logging
import random
import time
from dataclasses import dataclass

from bench import systems as names
from bench.load import Played, Send, closed_loop, open_loop
from bench.plan import NUM_CLIENTS, SLO_FACTOR, Case, Plan
from bench.stats import ENOUGH_ROUNDS
from bench.trace import SIZES_PX, WORKLOADS, make_trace

logger = logging.getLogger(__name__)


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
class Serial:
    """What the plain server does with a workload's open trace, one request after the other."""

    images_per_s: float
    slo_s: dict[str, float]  # by kind


@dataclass
class Rounds:
    plan: Plan
    send: dict[str, Send]  # by system
    segments: list[Segment]
    deadline_s: float
    number: int = -1

    async def play(self) -> bool:
        """One more round. False when time is up: what is then missing of it is missing for all systems alike."""
        self.number += 1
        rng = random.Random(f"{self.plan.model} {self.number}")
        serials: dict[str, Serial] = {}
        # Once for sure; again when the goals' cases have had enough rounds.
        others = self.plan.other_cases if self.number == 0 or self.number >= ENOUGH_ROUNDS else ()
        for case in (*others, *self.plan.goal_cases):
            left_s = self.deadline_s - time.monotonic()
            if left_s < 0:
                return False
            where = "saturated" if case.load is None else f"at {case.load}"
            logger.info(
                "%s, round %d: %s %s; %.0f s left", self.plan.model, self.number + 1, case.workload, where, left_s
            )
            if case.load is not None and case.workload not in serials:
                serials[case.workload] = await self._play_serial(case)
            for system in rng.sample(case.systems, len(case.systems)):
                if system in self.send:
                    await self._play_case(case, system, serials.get(case.workload))
        return True

    async def _play_serial(self, case: Case) -> Serial:
        trace = make_trace(WORKLOADS[case.workload], case.num_requests, self.number)
        played = await closed_loop(self.send[names.LOCK], trace, num_clients=1)
        slo_s: dict[str, float] = {
            kind: SLO_FACTOR * sum(latencies_s) / len(latencies_s)
            for kind in SIZES_PX
            if (latencies_s := played.latencies_s(kind))
        }
        return Serial(played.images_per_s, slo_s)

    async def _play_case(self, case: Case, system: str, serial: Serial | None) -> None:
        trace = make_trace(WORKLOADS[case.workload], case.num_requests, self.number)
        if case.load is None or serial is None:
            self._keep(case, system, await closed_loop(self.send[system], trace, NUM_CLIENTS), None, None)
        else:
            played = await open_loop(self.send[system], trace, case.load * serial.images_per_s)
            self._keep(case, system, played, played.attainment(serial.slo_s), serial.images_per_s)

    def _keep(
        self, case: Case, system: str, played: Played, attainment: float | None, serial_per_s: float | None
    ) -> None:
        self.segments.append(
            Segment(
                model=self.plan.model,
                workload=case.workload,
                load=case.load,
                round=self.number,
                system=system,
                images_per_s=played.images_per_s,
                num_wrong=sum(not outcome.is_right for outcome in played.outcomes),
                latencies_s={kind: [round(value, 4) for value in played.latencies_s(kind)] for kind in SIZES_PX},
                attainment=attainment,
                serial_per_s=serial_per_s,
            )
        )
