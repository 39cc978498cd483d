"""What is played: which systems, which workloads, how often, for how long."""

from dataclasses import dataclass

from bench import systems as names
from bench.trace import WORKLOADS

NUM_CLIENTS = 8
SLO_FACTOR = 5.0  # times what the request takes alone on the slowest baseline
Knobs = tuple[str, str]  # most images in a batch, seconds that it waits for them
PEERS = (names.LOCK, names.LITSERVE, names.RAY_BATCH)


@dataclass(frozen=True)
class Case:
    """One trace that each of its systems plays; `load` is in serial capacities measured in the same round, and None for
    as fast as the answers come."""

    workload: str
    load: float | None
    num_requests: int
    systems: tuple[str, ...]


def _saturated(workload: str, num_requests: int) -> Case:
    everyone = (names.OURS, names.AGAIN, names.SAME_KEY, *PEERS, names.ENGINE_ALONE)
    # Over HTTP the whole graph can be asked for what a workload without features holds, and no more.
    graph = () if WORKLOADS[workload].features else (names.OURS_ON_RAY,)
    return Case(workload, None, num_requests, (*everyone, *graph))


def _open(workload: str, load: float, num_requests: int, *systems: str) -> Case:
    return Case(workload, load, num_requests, systems)


@dataclass(frozen=True)
class Plan:
    model: str
    goal_cases: tuple[Case, ...]  # of every round
    other_cases: tuple[Case, ...]  # once the goals' cases have had enough rounds
    knobs: tuple[Knobs, ...]  # tried for each batching peer, the best kept
    budget_s: float  # of all rounds: after it no case begins


def _mixed_traffic(*, requests_by_load: dict[float, int]) -> tuple[Case, ...]:
    everyone = (names.OURS, names.SAME_KEY, *PEERS)
    return tuple(_open("W4", load, num_requests, *everyone) for load, num_requests in requests_by_load.items())


# Open traces: 50 requests hold ten splashes, and at a load over 1 make a queue long enough to miss the SLO. Above 1.2
# a server plays the loads around its own limit: what it carries cannot be found above the highest that was tried.
QUICK = (
    Plan(
        "overhead-bound",
        (_saturated("W1", 12), _saturated("W3", 12), _open("W4", 0.8, 24, names.OURS, *PEERS)),
        (),
        (("8", "0.05"),),
        budget_s=150,
    ),
)
FULL = (
    Plan(
        "overhead-bound",
        (
            _saturated("W1", 24),
            _saturated("W3", 24),
            *_mixed_traffic(requests_by_load={0.5: 24, 0.8: 48, 1.0: 36, 1.2: 36}),
            _open("W4", 2.0, 48, names.OURS, names.SAME_KEY),
            _open("W4", 2.6, 60, names.OURS, names.SAME_KEY),
            _open("W4", 3.2, 60, names.OURS),
            _open("W4", 4.0, 72, names.OURS),
        ),
        (_saturated("W5", 24), _open("W6", 0.8, 30, names.OURS, *PEERS), _saturated("W2", 24)),
        (("8", "0.02"), ("8", "0.1")),
        budget_s=1700,
    ),
    Plan(
        "compute-bound",
        (
            _saturated("W1", 16),
            _saturated("W3", 16),
            *_mixed_traffic(requests_by_load={0.5: 24, 0.8: 48, 1.0: 36, 1.2: 36}),
        ),
        (_saturated("W5", 16), _saturated("W2", 16)),
        (("8", "0.02"), ("8", "0.1")),
        budget_s=1700,
    ),
)
