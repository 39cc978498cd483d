"""The rows as `results.json` and as `results.md`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.gpu.goals import GOALS, Goal
from bench.gpu.machine import Machine
from bench.gpu.plan import Plan
from bench.gpu.rows import Row

_COLUMNS = ("case", "measurement", "value", "of roofline", "× eager", "rel. L2", "note")
_LEGEND = """\
*of roofline*: the time that the arithmetic would take at the best rates of this same run, over the measured time.
*× eager*: seconds of eager diffusers in this same run, over these. *rel. L2*: distance of the output from eager
diffusers' in the same number format. Weights are Gaussian noise in SDXL's shapes: speed is real, images mean nothing.
"""


def write(folder: Path, machine: Machine, plan: Plan, rows: Sequence[Row]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = {"machine": asdict(machine), "plan": plan.name, "rows": [asdict(row) for row in rows]}
    (folder / "results.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    (folder / "results.md").write_text(render(machine, plan, rows))


def render(machine: Machine, plan: Plan, rows: Sequence[Row]) -> str:
    memory = "" if machine.memory_gb is None else f", {machine.memory_gb:.0f} GB"
    counted = rows if machine.is_cuda else []  # a CPU meets or misses nothing
    lines = [
        f"# Engine on a GPU: {plan.name} on {machine.device}{memory}, {machine.date}\n",
        f"{machine.software}. Made by `python -m bench.gpu`.\n",
        *(
            []
            if machine.is_cuda
            else ["**Not measured: this was no CUDA machine; the rows only show that they run.**\n"]
        ),
        *goals_table(counted),
        "\n## All measurements\n",
        _LEGEND,
        _line(*_COLUMNS),
        "|---|---|---:|---:|---:|---:|---|",
        *(_row(row) for row in sorted(rows, key=lambda row: _order(row, rows))),
    ]
    return "\n".join(lines) + "\n"


def render_unmeasured() -> str:
    """What stands in the repository until a CUDA machine has run this."""
    lines = [
        "# Engine on a GPU\n",
        "Not measured: no CUDA machine has run this yet.\n",
        "`python -m bench.gpu --out bench/gpu` does, in under 10 minutes on one GPU.\n",
        *goals_table([]),
    ]
    return "\n".join(lines) + "\n"


def goals_table(rows: Sequence[Row]) -> list[str]:
    return [
        "## Goals, set for an H200\n",
        _line("goal", "wanted", "measured", "met", "by"),
        "|---|---|---:|---|---|",
        *(_goal(goal, rows) for goal in GOALS),
    ]


def _goal(goal: Goal, rows: Sequence[Row]) -> str:
    best = goal.best(rows)
    if best is None or best.figure is None:
        return _line(goal.text, goal.wanted, "not measured", "", "")
    met = "met" if goal.is_met(best) else "missed"
    return _line(goal.text, goal.wanted, f"{best.figure.value:.3g} {best.figure.unit}", met, best.name)


def _row(row: Row) -> str:
    figure = row.figure
    if figure is None:
        return _line(row.case, row.name, row.status, "", "", "", row.reason)
    error = "" if figure.relative_l2 is None else f"{figure.relative_l2:.1e}"
    return _line(
        row.case, row.name, f"{figure.value:.4g} {figure.unit}", _share(figure.of_roofline), _share(figure.vs_eager),
        error, figure.note,
    )  # fmt: skip


def _order(row: Row, rows: Sequence[Row]) -> int:
    """Cases in the order in which they first appear, though they were measured in turns."""
    return [other.case for other in rows].index(row.case)


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
