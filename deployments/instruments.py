"""What metrics are written with, whoever collects them."""

from collections.abc import Sequence
from typing import Protocol

Labels = dict[str, str]


class Counter(Protocol):
    def inc(self, value: float = 1.0, tags: Labels | None = None) -> None: ...


class Gauge(Protocol):
    def set(self, value: float, tags: Labels | None = None) -> None: ...


class Histogram(Protocol):
    def observe(self, value: float, tags: Labels | None = None) -> None: ...


class Instruments(Protocol):
    """`labels` are names; each value that one takes is a series of its own, so there must be few."""

    def counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter: ...
    def gauge(self, name: str, meaning: str, labels: tuple[str, ...]) -> Gauge: ...
    def histogram(self, name: str, meaning: str, bounds: Sequence[float], labels: tuple[str, ...]) -> Histogram: ...
