"""Instruments that keep what they are told, and are as strict about it as Ray's."""

import re
from collections import defaultdict
from collections.abc import Sequence

from deployments.instruments import Labels


class _Series:
    def __init__(self, name: str, labels: tuple[str, ...]) -> None:
        assert re.fullmatch(r"emblem_[a-z_]+", name) and not name.endswith("_total")
        self._labels = labels
        self.values: dict[frozenset[tuple[str, str]], list[float]] = defaultdict(list)

    def record(self, value: float, tags: Labels | None = None) -> None:
        tags = tags or {}
        assert tags.keys() == set(self._labels) and all(isinstance(text, str) for text in tags.values())
        self.values[frozenset(tags.items())].append(value)

    set = observe = record

    def inc(self, value: float = 1.0, tags: Labels | None = None) -> None:
        assert value > 0
        self.record(value, tags)


class Recorder:
    def __init__(self) -> None:
        self.series: dict[str, _Series] = {}

    def counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> _Series:
        assert meaning and name not in self.series
        return self.series.setdefault(name, _Series(name, labels))

    gauge = counter

    def histogram(self, name: str, meaning: str, bounds: Sequence[float], labels: tuple[str, ...]) -> _Series:
        assert list(bounds) == sorted(set(bounds)) and bounds[0] > 0
        return self.counter(name, meaning, labels)

    def told(self, name: str, **labels: str) -> list[float]:
        """What one series was told, in order."""
        return list(self.series[name].values.get(frozenset(labels.items()), []))

    def labels(self, name: str) -> list[Labels]:
        return [dict(found) for found in self.series[name].values]
