"""What was measured, as a page that says how and on what."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

from bench import systems as names
from bench.results import PEERS, compare, goals, goodput, loads_of, noise, saturated, select
from bench.rounds import Segment
from bench.serving import Measured
from bench.stats import Ratio, percentile
from bench.trace import WORKLOADS
from bench.why import WHY

PACKAGES = ("ray", "torch", "diffusers", "litserve", "fastapi")
SYSTEMS = (names.OURS, names.AGAIN, names.SAME_KEY, names.LOCK, names.LITSERVE, names.RAY_BATCH, names.OURS_ON_RAY,
           names.ENGINE_ALONE)  # fmt: skip


def render(measured: Measured) -> str:
    models = list(dict.fromkeys(segment.model for segment in measured.segments))
    lines = [*_head(measured), *_workloads()]
    for model in models:
        lines += _model(measured, model)
    return "\n".join(lines) + "\n"


def _head(measured: Measured) -> list[str]:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"# Serving beside others, {datetime.now(UTC):%Y-%m-%d}\n",
        f"{os.cpu_count()} CPU cores, {platform.machine()}, Python {platform.python_version()}, {packages}. For "
        f"{100 * measured.crowded_share:.0f} % of the time some process waited for a core.\n",
        "Every system plays the same seeded trace in every round, in random order; one thread computes for each engine "
        "or pipeline (the whole graph has two engines, Icon's and Splash's). Latency counts from the moment a request "
        "was due; a wrong or missing answer counts as a minute. A request is in time within 5 times what its class "
        "takes alone on FastAPI + lock, in the same round. Load 1.0 is what FastAPI + lock can do, in the same round. "
        "Peers draw requests of one key in one call. Ratios are medians over rounds with a 95 % bootstrap interval; "
        "*ours, again* against *ours* is the noise.\n",
        "![requests in time and latency, by load](serving.png)\n",
    ]


def _workloads() -> list[str]:
    lines = ["| workload | |", "|---|---|"]
    lines += [f"| {workload.name} | {workload.about} |" for workload in WORKLOADS.values()]
    return [
        *lines,
        "\nOur whole graph on Ray plays W1 alone: its HTTP API cannot say samplers, adapters, control or references. "
        "*ours* is the same engine behind the same thin door as the peers. The whole graph and the engine alone move 8 "
        "rows a step at most, as the starter profile says; *ours* moves 16, as the batching peers may take 8 images.",
    ]


def _model(measured: Measured, model: str) -> list[str]:
    segments = select(measured.segments, model=model)
    num_rounds = len({segment.round for segment in segments})
    knobs = "; ".join(f"{name}: batch {size}, wait {wait} s" for name, (size, wait) in measured.knobs[model].items())
    gains = ", ".join(f"{gain:.2f} (at the size of {kind})" for kind, gain in measured.batch_gains[model].items())
    lines = [
        f"\n## The {model} model, {num_rounds} rounds\n",
        f"One UNet call with 16 rows takes {gains} of what 8 calls with 2 rows take: at 1 a batch gains nothing.\n",
        f"Peers' settings: {knobs}.\n",
        *_goals(measured, model),
    ]
    for workload in sorted({segment.workload for segment in segments}):
        of_workload = select(segments, workload=workload)
        if any(segment.load is None for segment in of_workload):
            lines += _saturated(measured, model, workload)
        if any(segment.load is not None for segment in of_workload):
            lines += _open(of_workload, workload)
    return lines


def _goals(measured: Measured, model: str) -> list[str]:
    lines = ["| goal | wanted | measured | against | met |", "|---|---|---|---|---|"]
    for goal in goals(measured, model):
        unsure = "not measured" if goal.ratio is None else f"cannot say after {goal.ratio.num_rounds}"
        met = unsure if goal.is_met is None else "yes" if goal.is_met else "no"
        lines.append(f"| {goal.name} | {goal.wanted} | {_ratio(goal.ratio)} | {goal.against} | {met} |")
    missed = [goal.name for goal in goals(measured, model) if goal.ratio is not None and not goal.is_met]
    known = [f"- {name}: {WHY[model, name]}" for name in missed if (model, name) in WHY]
    return [*lines, "\nWhy what is not met is not:\n", *known] if known else lines


def _saturated(measured: Measured, model: str, workload: str) -> list[str]:
    band = noise(measured, model, workload)
    lines = [
        f"\n### {workload}, saturated: images a second with 8 clients\n",
        "| | median | ours / this | clear of noise |",
        "|---|---:|---:|---|",
    ]
    for name in SYSTEMS:
        segments = select(measured.segments, model=model, workload=workload, load=None, system=name)
        if segments:
            ratio = None if name == names.OURS else saturated(measured, model, workload, names.OURS, name)
            rate = percentile([segment.images_per_s for segment in segments], 50)
            lines.append(f"| {name} | {rate:.2f} | {_ratio(ratio)} | {_clear(ratio, band, name)} |")
    return lines


def _open(segments: list[Segment], workload: str) -> list[str]:
    loads = loads_of(segments)
    lines = [
        f"\n### {workload}, requests that arrive at random\n",
        "| load | | in time | icon p50 / p95 / p99, s | splash p50 / p95 / p99, s | icon p95, this / ours | wrong |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    for load in loads:
        ours = select(segments, load=load, system=names.OURS)
        for name in SYSTEMS:
            if points := select(segments, load=load, system=name):
                in_time = sum(point.attainment or 0.0 for point in points) / len(points)
                ratio = None if name == names.OURS else compare(points, ours, "icon")
                tails = f"{_tails(points, 'icon')} | {_tails(points, 'splash')}"
                num_wrong = sum(point.num_wrong for point in points)
                lines.append(f"| {load} | {name} | {100 * in_time:.0f} % | {tails} | {_ratio(ratio)} | {num_wrong} |")
    carried = {name: goodput(select(segments, system=name)) for name in (names.OURS, *PEERS, names.OURS_ON_RAY)}
    known = ", ".join(f"{name} {load:.2f}" for name, load in carried.items() if load is not None)
    return [*lines, f"\nLoad up to which 95 % are in time: {known}."] if known else lines


def _tails(points: list[Segment], kind: str) -> str:
    latencies_s = [latency_s for point in points for latency_s in point.latencies_s[kind]]
    if not latencies_s:
        return ""
    return " / ".join(f"{percentile(latencies_s, percent):.2f}" for percent in (50, 95, 99))


def _ratio(ratio: Ratio | None) -> str:
    return "" if ratio is None else f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"


def _clear(ratio: Ratio | None, band: Ratio | None, name: str) -> str:
    if ratio is None or band is None or name == names.AGAIN:
        return ""
    return "yes" if ratio.is_clear_of(band) else "no"
