"""How much memory the whole starter graph keeps, Ray's own processes included, after it has drawn."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.graph import running_graph

MB = 1e6


@dataclass(frozen=True)
class Usage:
    """Of one process or a sum, in MB. PSS divides each shared page among those who share it, so that PSS adds up to
    what is really taken from the machine; RSS counts such a page in every process."""

    name: str
    pss_mb: float
    rss_mb: float


def measure_memory(data_dir: Path) -> list[Usage]:
    """Starts the graph, draws an icon and a splash, and measures; the total comes first."""
    with running_graph(data_dir) as graph:
        for model in ("icon", "splash"):
            with graph.client() as client:
                body = {"model": model, "prompt": "white rocket"}
                client.post("/v1/images/generations", json=body).raise_for_status()
        named = [_usage(name, graph.replicas(name)) for name in ("Gateway", "Icon", "Splash")]
        total = _usage("whole graph", graph.processes())
        others = Usage("Ray, Serve and launcher", *(_rest(total, named, field) for field in ("pss_mb", "rss_mb")))
        return [total, *named, others]


def _usage(name: str, processes: list[psutil.Process]) -> Usage:
    infos = [process.memory_full_info() for process in processes]
    return Usage(name, sum(info.pss for info in infos) / MB, sum(info.rss for info in infos) / MB)


def _rest(total: Usage, named: list[Usage], field: str) -> float:
    return float(getattr(total, field)) - sum(float(getattr(usage, field)) for usage in named)
