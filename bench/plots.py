"""One picture: how many requests are in time, and how long an icon takes, as the load grows."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench import systems as names
from bench.results import loads_of, select
from bench.rounds import Segment
from bench.serving import Measured
from bench.stats import percentile

matplotlib.use("Agg")
COLOURS = {
    names.OURS: "#0b6e4f", names.OURS_ON_RAY: "#5fb49c", names.SAME_KEY: "#8a6fb0", names.LOCK: "#9a9a9a",
    names.LITSERVE: "#d9822b", names.RAY_BATCH: "#2b6cb0",
}  # fmt: skip


def draw_loads(measured: Measured, path: Path, workload: str = "W4") -> None:
    models = list(dict.fromkeys(segment.model for segment in select(measured.segments, workload=workload)))
    if not models:
        raise ValueError(f"no figures of {workload} to draw")
    figure = Figure(figsize=(10, 3.6 * len(models)), layout="constrained")
    axes = figure.subplots(len(models), 2, squeeze=False)
    for (left, right), model in zip(axes, models, strict=True):
        segments = select(measured.segments, model=model, workload=workload)
        for name, colour in COLOURS.items():
            _draw_system(left, right, select(segments, system=name), name, colour)
        left.set(title=f"{workload}, {model} model", ylabel="requests in time, %", ylim=(-3, 103))
        left.axhline(95, color="#cccccc", linewidth=1, zorder=0)
        right.set(title="icons, 95th percentile", ylabel="seconds", ylim=(0, None))
        for axis in (left, right):
            axis.set_xlim(left=0)
            axis.set_xlabel("load, in capacities of FastAPI + lock")
            axis.spines[["top", "right"]].set_visible(False)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.savefig(path, dpi=110)


def _draw_system(left: Axes, right: Axes, points: list[Segment], name: str, colour: str) -> None:
    loads = loads_of(points)
    if not loads:
        return
    at_loads = [[point for point in points if point.load == load] for load in loads]
    in_time = [100 * sum(point.attainment or 0.0 for point in at) / len(at) for at in at_loads]
    p95_s = [percentile([value for point in at for value in point.latencies_s["icon"]], 95) for at in at_loads]
    left.plot(loads, in_time, color=colour, marker="o", label=name)
    right.plot(loads, p95_s, color=colour, marker="o")
