"""Paired comparisons: ratios by round, their median and how sure it is, and the load that a server carries."""

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

RESAMPLES = 2000
ENOUGH_ROUNDS = 3  # below, an interval says nothing


@dataclass(frozen=True)
class Ratio:
    """Median over rounds, and the 95 % bootstrap interval of that median."""

    median: float
    low: float
    high: float
    num_rounds: int

    @property
    def has_enough_rounds(self) -> bool:
        return self.num_rounds >= ENOUGH_ROUNDS

    def is_clear_of(self, noise: "Ratio") -> bool:
        """A win or a loss counts only where its interval and that of a system against itself do not meet; which of the
        two runs of that system came first means nothing, so its band is taken both ways up."""
        low, high = min(noise.low, 1 / noise.high), max(noise.high, 1 / noise.low)
        return self.has_enough_rounds and noise.has_enough_rounds and (self.low > high or self.high < low)


def percentile(values: Sequence[float], percent: float) -> float:
    """Linear between the two nearest ranks."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def paired_ratio(numerators: Sequence[float], denominators: Sequence[float], seed: int = 0) -> Ratio:
    """Round by round: what slowed a whole round down cancels out."""
    ratios = [numerator / denominator for numerator, denominator in zip(numerators, denominators, strict=True)]
    rng = random.Random(seed)
    medians = [statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES)]
    return Ratio(statistics.median(ratios), percentile(medians, 2.5), percentile(medians, 97.5), len(ratios))


def sustained_load(loads: Sequence[float], attainments: Sequence[float], wanted: float = 0.95) -> float:
    """The highest load up to which `wanted` of the requests are in time, linear between the loads that were tried;
    below the lowest, in proportion: a bound on what was not measured. Loads ascend."""
    if attainments[0] < wanted:
        return loads[0] * attainments[0] / wanted
    for index in range(1, len(loads)):
        if attainments[index] < wanted:
            fall = attainments[index - 1] - attainments[index]
            share = (attainments[index - 1] - wanted) / fall
            return loads[index - 1] + share * (loads[index] - loads[index - 1])
    return loads[-1]
