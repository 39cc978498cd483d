"""`make bench`: measures, and writes pages, figures and a picture to `bench/results/`.

python -m bench.run            all: serving beside peers, batching, memory; up to 75 minutes
python -m bench.run --quick    serving alone, few rounds and one load; up to 4 minutes
python -m bench.run --no-ray   serving alone, without the cases that start a Ray cluster
"""

import argparse
import json
import logging
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from bench.batching import Ratio, measure_batching
from bench.memory import Usage, measure_memory
from bench.plan import FULL, QUICK, Plan
from bench.plots import draw_loads
from bench.report import render
from bench.serving import measure_serving
from bench.steady import Steady, measure_steady
from serve_app.settings import default_data_dir

RESULTS = Path(__file__).parent / "results"
GOALS_MB = {"whole graph": 3000, "Icon": 1200, "Splash": 1200, "Gateway": 300}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.run")
    parser.add_argument("--quick", action="store_true", help="serving alone, few rounds: up to 4 minutes")
    parser.add_argument("--no-ray", action="store_true", help="serving alone, without a Ray cluster")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is stopped
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("bench").setLevel(logging.INFO)
    RESULTS.mkdir(exist_ok=True)
    if not options.quick and not options.no_ray:
        _run_in_house()
    _run_serving(QUICK if options.quick else FULL, with_ray=not options.no_ray)


def _run_serving(plans: Sequence[Plan], with_ray: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for measured in measure_serving(Path(folder), plans, with_ray):
            (RESULTS / "serving.json").write_text(json.dumps(asdict(measured), indent=1) + "\n")
            (RESULTS / "serving.md").write_text(render(measured))
            draw_loads(measured, RESULTS / "serving.png")


def _run_in_house() -> None:
    models_dir = default_data_dir() / "models"
    ratios = measure_batching(models_dir / "starter")
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "var"
        data_dir.mkdir()
        (data_dir / "models").symlink_to(models_dir)
        usages = measure_memory(data_dir)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        steady = fresh.submit(measure_steady).result()
    document = {"memory": [asdict(usage) for usage in usages], "batching": [asdict(ratio) for ratio in ratios],
                "steady": asdict(steady)}  # fmt: skip
    (RESULTS / "results.json").write_text(json.dumps(document, indent=2) + "\n")
    (RESULTS / "results.md").write_text(_report(usages, ratios, steady))


def _report(usages: list[Usage], ratios: list[Ratio], steady: Steady) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("ray", "torch", "diffusers"))
    lines = [
        f"# Measured on {datetime.now(UTC):%Y-%m-%d}\n",
        f"{os.cpu_count()} CPU cores, {platform.machine()}, Python {platform.python_version()}, {packages}.\n",
        "## Memory of the starter graph, after an icon and a splash\n",
        "PSS adds up to what is taken from the machine; RSS counts shared pages in every process.\n",
        "| | PSS, MB | RSS, MB | goal, MB | met |",
        "|---|---:|---:|---:|---|",
        *(_memory_row(usage) for usage in usages),
        "\n## The engine beside diffusers' pipeline\n",
        "Seconds of diffusers / seconds of ours, same weights and cores, paired rounds; above 1 ours is faster.\n",
        "| | median | low | high |",
        "|---|---:|---:|---:|",
        *(f"| {ratio.name} | {ratio.median:.2f} | {ratio.low:.2f} | {ratio.high:.2f} |" for ratio in ratios),
        "\n## Memory of one engine at work\n",
        f"{steady.num_requests} mixed requests through one engine in one process (all features, two sizes, one or two "
        f"steps): {steady.num_finished} drawn, {steady.num_cancelled} cancelled, {steady.num_refused} refused.\n",
        "| after | RSS, MB |",
        "|---:|---:|",
        *(f"| {steady.num_requests * tenth // 10} | {mb:.0f} |" for tenth, mb in enumerate(steady.rss_mb, start=1)),
        f"| and the allocator's free pages given back | {steady.trimmed_mb:.0f} |",
        f"\nGrowth {steady.growth_mb:+.1f} MB, of it in the second half {steady.late_growth_mb:+.1f} MB.",
    ]
    return "\n".join(lines) + "\n"


def _memory_row(usage: Usage) -> str:
    """One process has one RSS, and that is held to its goal; of many, only the PSS can be added up."""
    goal_mb = GOALS_MB.get(usage.name)
    held_mb = usage.pss_mb if usage.name == "whole graph" else usage.rss_mb
    met = "" if goal_mb is None else "yes" if held_mb <= goal_mb else f"no, by {held_mb - goal_mb:.0f}"
    return f"| {usage.name} | {usage.pss_mb:.0f} | {usage.rss_mb:.0f} | {goal_mb or ''} | {met} |"


if __name__ == "__main__":
    main()
