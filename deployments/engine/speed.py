"""What a step costs, measured: at start to find the cap on rows, and while running for honest estimates."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

ENOUGH = 0.95  # of the best throughput: more rows than that only add latency
_FOLLOW = 0.1  # weight of the newest measurement


@dataclass
class Speed:
    """Seconds of one row's step by latent size, as a moving average."""

    _row_step_s: dict[tuple[int, int], float] = field(default_factory=dict)

    def record(self, size_hw: tuple[int, int], num_rows: int, seconds: float) -> None:
        newest_s = seconds / num_rows
        known_s = self._row_step_s.get(size_hw, newest_s)
        self._row_step_s[size_hw] = known_s + _FOLLOW * (newest_s - known_s)

    def row_step_s(self, size_hw: tuple[int, int]) -> float:
        """Of a size never seen: by its pixels, from those that were; 0 before any measurement."""
        if size_hw in self._row_step_s:
            return self._row_step_s[size_hw]
        if not self._row_step_s:
            return 0.0
        per_pixel_s = [seconds / (height * width) for (height, width), seconds in self._row_step_s.items()]
        return max(per_pixel_s) * size_hw[0] * size_hw[1]


def saturating_rows(step_with: Callable[[int], None], limit: int) -> int:
    """The fewest rows (a power of two, at most `limit`) whose throughput is nearly the best."""
    counts = [1 << power for power in range(limit.bit_length())]
    rates = {count: count / _best_seconds(step_with, count) for count in counts}
    best = max(rates.values())
    return min(count for count in counts if rates[count] >= ENOUGH * best)


def _best_seconds(step_with: Callable[[int], None], count: int) -> float:
    seconds = []
    for _ in range(3):
        started_s = time.perf_counter()
        step_with(count)
        seconds.append(time.perf_counter() - started_s)
    return min(seconds)  # the first may compile or fill caches; noise only ever adds
