"""A measured figure beside what it should be, and how sure it is."""

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from typing import Literal

Unit = Literal["share", "ratio", "dB", "levels"]  # levels: RGB, of 255

Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Score:
    name: str
    unit: Unit
    value: float | None  # None: not measured, and `note` says why
    truth: float | None = None  # the same of the generator's own pictures: the most that a model can reach
    goal: float | None = None
    is_goal_upper: bool = False  # the most, rather than the least
    interval: tuple[float, float] | None = None  # 95 %
    num_pictures: int = 0
    note: str = ""

    @property
    def missed_by(self) -> float | None:
        """0 where the goal is met; None where there is none or nothing was measured."""
        if self.goal is None or self.value is None:
            return None
        return max(0.0, self.value - self.goal if self.is_goal_upper else self.goal - self.value)


class Tally:
    """Counts verdicts by name."""

    def __init__(self) -> None:
        self._verdicts: dict[str, list[bool]] = defaultdict(list)

    def add(self, verdict: dict[str, bool]) -> None:
        for name, is_right in verdict.items():
            self._verdicts[name].append(is_right)

    def count(self, name: str) -> int:
        return len(self._verdicts[name])

    def share(self, name: str) -> float | None:
        verdicts = self._verdicts[name]
        return sum(verdicts) / len(verdicts) if verdicts else None


def share_score(kind: str, name: str, goal: float | None, drawn: Tally, true: Tally, num_seeds: int) -> Score:
    """The interval counts each prompt once: pictures of one prompt tend to err together."""
    share, count = drawn.share(name), drawn.count(name)
    return Score(
        name=f"{kind}: {name}",
        unit="share",
        value=share,
        truth=true.share(name),
        goal=goal,
        interval=None if share is None else wilson(share, count / num_seeds),
        num_pictures=count,
        note="" if count else "no caption says it",
    )


def wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's interval of a share, 95 % (https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval)."""
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    reach = Z / (1 + Z**2 / count) * sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return max(0.0, middle - reach), min(1.0, middle + reach)
