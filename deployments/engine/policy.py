"""Which images move in the next step: shortest remaining work first, softened by age, sharpened by deadlines.

Shortest-remaining-time first gives the lowest mean latency on one machine; ageing keeps long work from starving, a
deadline counts as the slack that is left; what is not urgent stands back, and so do the images of a tenant that has had
much of the recent work.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

AGEING = 0.5  # seconds of remaining work that one second of waiting outweighs

FairShare = Callable[[str], float]  # tenant → seconds by which its images stand back


@dataclass(frozen=True)
class Candidate:
    """One image, or the members of a set, which move together or not at all."""

    group: Hashable  # what must be equal within one UNet call: the UNet and the latents' size
    num_rows: int
    remaining_s: float  # estimated, of its own steps
    waited_s: float  # since it moved last, or since it was submitted
    slack_s: float | None  # until its deadline, less `remaining_s`; None without a deadline
    tenant: str
    stand_back_s: float = 0.0


def choose(candidates: Sequence[Candidate], max_rows: int, fair_share: FairShare = lambda _: 0.0) -> list[int]:
    """Indices of the next batch: the most urgent candidate, and those of its group that fit beside it."""
    order = sorted(range(len(candidates)), key=lambda index: urgency(candidates[index], fair_share))
    batch: list[int] = []
    num_rows = 0
    for index in order:
        candidate = candidates[index]
        fits = not batch or num_rows + candidate.num_rows <= max_rows
        if fits and candidate.group == candidates[order[0]].group:
            batch.append(index)
            num_rows += candidate.num_rows
    return batch


def urgency(candidate: Candidate, fair_share: FairShare) -> float:
    """Lower moves first."""
    stand_back_s = candidate.stand_back_s + fair_share(candidate.tenant)
    by_size = candidate.remaining_s - AGEING * candidate.waited_s + stand_back_s
    return by_size if candidate.slack_s is None else min(by_size, candidate.slack_s)
