"""Metrics that come out of Ray's own Prometheus endpoint, on each node; Serve adds deployment, replica and application.

Ray puts `ray_` before a name, and `_total` behind a counter's.
"""

from collections.abc import Sequence
from typing import cast

from ray.serve import metrics

from deployments.instruments import Counter, Gauge, Histogram


class RayInstruments:
    def counter(self, name: str, meaning: str, labels: tuple[str, ...]) -> Counter:
        return cast(Counter, metrics.Counter(name, meaning, tag_keys=_any_number(labels)))

    def gauge(self, name: str, meaning: str, labels: tuple[str, ...]) -> Gauge:
        return cast(Gauge, metrics.Gauge(name, meaning, tag_keys=_any_number(labels)))

    def histogram(self, name: str, meaning: str, bounds: Sequence[float], labels: tuple[str, ...]) -> Histogram:
        return cast(Histogram, metrics.Histogram(name, meaning, boundaries=list(bounds), tag_keys=_any_number(labels)))


def _any_number(labels: tuple[str, ...]) -> tuple[str]:
    """Ray's annotation says one, and means this."""
    return cast(tuple[str], labels)
