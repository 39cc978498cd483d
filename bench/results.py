"""From segments to the figures that the goals are about."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench import systems as names
from bench.rounds import Segment
from bench.serving import Measured
from bench.stats import Ratio, paired_ratio, percentile, sustained_load

PEERS = (names.LOCK, names.LITSERVE, names.RAY_BATCH, names.SAME_KEY)
ENOUGH_LOADS = 3
BATCHERS = (names.LITSERVE, names.RAY_BATCH)

# The goals, as the page names them.
GOODPUT = "W4 load in time, ours / best peer"
ICON_TAIL = "W4 icon p95 at 0.8, best peer / ours"
SPLASH_TAIL = "W4 splash p95 at 0.8, ours / best peer"
SATURATED = "W1 saturated, ours / best batching peer"
MIXED = "W3 saturated, ours / serial"
EFFICIENCY = "W1 step efficiency through HTTP and Ray"
OVERHEAD = "HTTP overhead p50, ours / two-hop echo"


@dataclass(frozen=True)
class Goal:
    name: str
    wanted: str
    ratio: Ratio | None  # None: not measured in this run
    is_met: bool | None  # None: not measured, or the interval holds what is wanted, or too few rounds
    against: str


def select(segments: Sequence[Segment], **wanted: object) -> list[Segment]:
    return [segment for segment in segments if all(getattr(segment, key) == wanted[key] for key in wanted)]


def compare(ours: Sequence[Segment], theirs: Sequence[Segment], figure: str) -> Ratio | None:
    """Ours over theirs, round by round; None when a side has nothing. `figure`: images_per_s, or a kind for its p95."""
    by_round = [{segment.round: value(segment, figure) for segment in side} for side in (ours, theirs)]
    rounds = sorted(number for number, own in by_round[0].items() if own and by_round[1].get(number))
    if not rounds:
        return None
    ours_by_round, theirs_by_round = ([side[number] or 0.0 for number in rounds] for side in by_round)
    return paired_ratio(ours_by_round, theirs_by_round)


def value(segment: Segment, figure: str) -> float | None:
    if figure == "images_per_s":
        return segment.images_per_s
    latencies_s = segment.latencies_s[figure]
    return percentile(latencies_s, 95) if latencies_s else None


def loads_of(segments: Sequence[Segment]) -> list[float]:
    return sorted({segment.load for segment in segments if segment.load is not None})


def goodput(segments: Sequence[Segment]) -> float | None:
    """Of one system and workload: the load, in serial capacities, up to which 95 % are in time; all rounds together.

    None when too few loads were tried to tell.
    """
    loads = loads_of(segments)
    if len(loads) < ENOUGH_LOADS:
        return None
    shares = []
    for load in loads:
        kept = [segment.attainment or 0.0 for segment in segments if segment.load == load]
        shares.append(sum(kept) / len(kept))
    return sustained_load(loads, shares)


def goodput_ratio(segments: Sequence[Segment], model: str, workload: str, peer: str) -> Ratio | None:
    """Ours over the peer's, by round, of the rounds that came to all loads."""
    of_model = select(segments, model=model, workload=workload)
    ours, theirs = [], []
    for number in sorted({segment.round for segment in of_model}):
        of_round = select(of_model, round=number)
        figures = [goodput(select(of_round, system=name)) for name in (names.OURS, peer)]
        if loads_of(of_round) == loads_of(of_model) and figures[0] is not None and figures[1]:
            ours.append(figures[0])
            theirs.append(figures[1])
    return paired_ratio(ours, theirs) if ours else None


def saturated(measured: Measured, model: str, workload: str, ours: str, theirs: str) -> Ratio | None:
    ours_, theirs_ = (
        select(measured.segments, model=model, workload=workload, load=None, system=name) for name in (ours, theirs)
    )
    return compare(ours_, theirs_, "images_per_s")


def tail(measured: Measured, model: str, workload: str, kind: str, peer: str, load: float = 0.8) -> Ratio | None:
    """p95 of ours over the peer's: below 1 ours is faster."""
    ours, theirs = (
        select(measured.segments, model=model, workload=workload, load=load, system=name) for name in (names.OURS, peer)
    )
    return compare(ours, theirs, kind)


def noise(measured: Measured, model: str, workload: str) -> Ratio | None:
    return saturated(measured, model, workload, names.AGAIN, names.OURS)


def goals(measured: Measured, model: str) -> list[Goal]:
    segments = measured.segments
    lock, alone = names.LOCK, names.ENGINE_ALONE
    peers = [name for name in PEERS if select(segments, model=model, system=name)]
    ratios: list[tuple[str, str, float, dict[str, Ratio | None]]] = [
        (GOODPUT, ">=", 2.5, {n: goodput_ratio(segments, model, "W4", n) for n in peers}),
        (ICON_TAIL, ">=", 3.5,
         {n: _turned(tail(measured, model, "W4", "icon", n)) for n in peers}),
        (SPLASH_TAIL, "<=", 1.1,
         {n: tail(measured, model, "W4", "splash", n) for n in peers}),
        (SATURATED, ">=", 1.0,
         {n: saturated(measured, model, "W1", names.OURS, n) for n in peers if n in BATCHERS}),
        (MIXED, ">=", 3.0, {lock: saturated(measured, model, "W3", names.OURS, lock)}),
        (EFFICIENCY, ">=", 0.97,
         {alone: saturated(measured, model, "W1", names.OURS_ON_RAY, alone)}),
        (OVERHEAD, "<=", 1.5, {"Serve echo": _overhead(measured, model)}),
    ]  # fmt: skip
    return [_goal(*row) for row in ratios]


def _goal(name: str, sign: str, wanted: float, by_peer: dict[str, Ratio | None]) -> Goal:
    """Against the peer that makes it hardest."""
    known = {peer: ratio for peer, ratio in by_peer.items() if ratio is not None}
    if not known:
        return Goal(name, f"{sign} {wanted}", None, None, "")
    hardest = (min if sign == ">=" else max)(known, key=lambda peer: known[peer].median)
    ratio = known[hardest]
    sides = (ratio.low >= wanted, ratio.high < wanted) if sign == ">=" else (ratio.high <= wanted, ratio.low > wanted)
    is_met = sides[0] if any(sides) and ratio.has_enough_rounds else None
    return Goal(name, f"{sign} {wanted}", ratio, is_met, hardest)


def _turned(ratio: Ratio | None) -> Ratio | None:
    return ratio and Ratio(1 / ratio.median, 1 / ratio.high, 1 / ratio.low, ratio.num_rounds)


def _overhead(measured: Measured, model: str) -> Ratio | None:
    rounds = [overhead for overhead in measured.overheads if overhead.model == model]
    if not rounds:
        return None
    return paired_ratio([overhead.ours_ms for overhead in rounds], [overhead.echo_ms for overhead in rounds])
