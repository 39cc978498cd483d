"""What an evaluation found: a page, its figures, and a sheet of pictures with their prompts."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from deployments.model_folder import ModelManifest
from deployments.specs import STARTER, Kind
from train.starter.candidate import NUM_STEPS
from train.starter.evaluate import Plan
from train.starter.scores import Score, Unit
from train.starter.sheet import Shown, draw_sheet

PAGE, FIGURES, SHEET = "README.md", "results.json", "pictures.png"
PACKAGES = ("torch", "diffusers", "transformers")
UNITS: dict[Unit, tuple[float, int, str]] = {  # factor, digits, sign
    "share": (100, 1, " %"),
    "ratio": (1, 2, ""),
    "dB": (1, 1, " dB"),
    "levels": (1, 1, ""),
}


@dataclass(frozen=True)
class About:
    model: str  # the manifest's version
    weights: str
    source: str
    date: str
    hardware: str
    packages: str
    num_icon_prompts: int
    num_splash_prompts: int
    num_reference_pairs: int
    num_seeds: int
    num_steps: int
    guidance_scale: float
    minutes: float

    @classmethod
    def now(cls, manifest: ModelManifest, plan: Plan, minutes: float) -> "About":
        return cls(
            model=manifest.version,
            weights=manifest.weights,
            source=manifest.source,
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            hardware=f"{os.cpu_count()} CPU cores, {platform.machine()}",
            packages=", ".join(f"{name} {version(name)}" for name in PACKAGES),
            num_icon_prompts=plan.num_examples["icon"],
            num_splash_prompts=plan.num_examples["splash"],
            num_reference_pairs=plan.num_pairs,
            num_seeds=plan.num_seeds,
            num_steps=NUM_STEPS,
            guidance_scale=STARTER.kinds["icon"].guidance_scale,
            minutes=round(minutes, 1),
        )


def write_report(out: Path, about: About, scores: list[Score], shown: Mapping[Kind, list[Shown]]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    figures = {"about": asdict(about), "scores": [asdict(score) | {"missed_by": score.missed_by} for score in scores]}
    (out / FIGURES).write_text(json.dumps(figures, indent=1) + "\n")
    draw_sheet(shown["icon"], shown["splash"]).save(out / SHEET, optimize=True)
    (out / PAGE).write_text("\n".join([*_head(about), *_table(scores)]) + "\n")


def _head(about: About) -> list[str]:
    return [
        f"# The starter model `{about.model}` against its captions, {about.date}\n",
        f"Weights: {about.weights} ({about.source}).\n",
        f"{about.num_icon_prompts} icon prompts and {about.num_splash_prompts} splash prompts, of combinations that "
        f"training never saw, {about.num_seeds} seeds each; {about.num_reference_pairs} pairs of a reference and its "
        f"target. Drawn by the engine in batches of strangers, {about.num_steps} steps, guidance "
        f"{about.guidance_scale:g}, on {about.hardware}, {about.packages}; {about.minutes:g} minutes in all.\n",
        "Only what a caption says is asked for. Colours, shape and position are read off the pixels; subject and style "
        "by a classifier of its own. *True pictures* are the generator's own for the same captions, under the same "
        "measures: the most that these can show. Intervals are Wilson's, 95 %, each prompt counted once. Levels are of "
        "255.\n",
        f"![pictures with their prompts]({SHEET})\n",
    ]


def _table(scores: list[Score]) -> list[str]:
    head = [
        "| measure | value | 95 % interval | true pictures | goal | met | pictures | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return head + [_row(score) for score in scores]


def _row(score: Score) -> str:
    interval = (
        "–".join(_text(bound, score.unit) for bound in score.interval).replace(" %–", "–") if score.interval else ""
    )
    goal = f"{'≤' if score.is_goal_upper else '≥'} {_text(score.goal, score.unit)}" if score.goal is not None else ""
    value = "not measured" if score.value is None else _text(score.value, score.unit)
    cells = (score.name, value, interval, _text(score.truth, score.unit), goal, _met(score), score.num_pictures or "")
    return f"| {' | '.join(map(str, cells))} | {score.note} |"


def _met(score: Score) -> str:
    if score.goal is None:
        return ""
    if score.missed_by is None:
        return "not measured"
    gap = _text(score.missed_by, score.unit).replace(" %", " points")
    return f"**missed by {gap}**" if score.missed_by else "met"


def _text(value: float | None, unit: Unit) -> str:
    if value is None:
        return ""
    factor, digits, sign = UNITS[unit]
    return f"{factor * value:.{digits}f}{sign}"
