"""What style images do: how much of their colours a picture takes on, and how much of what they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

from bench.quality.figures import Figure, share
from bench.quality.pictures import draw, upload
from serve_app.cli.client import Server

MODES = ("style", "full")
# At 0.01 it is drawn as without a style image, by a weight of 0.0001; what is not heard at all is not measured.
STRENGTHS = (0.01, 0.25, 0.5, 0.75, 1.0)
REFERENCES = {
    "icon": (
        "white star icon on a red circle", "black leaf icon on a yellow rounded square",
        "blue heart icon on a white ground, line", "pink cloud icon on a purple hexagon",
    ),
    "splash": (
        "mountains, sunset palette, low horizon", "waves, ocean palette, high horizon",
        "city skyline, night palette, low horizon", "hills, candy palette, horizon in the middle",
    ),
}  # fmt: skip
PROMPTS = {"icon": "rocket icon", "splash": "forest"}


@dataclass(frozen=True)
class StylePlan:
    references: Mapping[str, Sequence[str]]
    strengths: Sequence[float] = STRENGTHS


@dataclass(frozen=True)
class Measured:
    similarity: float
    leakage: float


def measure_styles(server: Server, plan: StylePlan) -> list[Figure]:
    return [figure for model in plan.references for figure in _of_model(server, model, plan)]


def _of_model(server: Server, model: str, plan: StylePlan) -> list[Figure]:
    figures: list[Figure] = []
    series: dict[str, list[list[Measured]]] = {mode: [] for mode in MODES}
    with TemporaryDirectory() as folder:
        for seed, prompt in enumerate(plan.references[model]):
            _, reference = draw(server, model, prompt, seed=100 + seed)
            file_id = upload(server, reference, Path(folder))
            for mode in MODES:
                image = {"file_id": file_id, "mode": mode}
                series[mode].append([_measure(server, model, seed, image, each) for each in plan.strengths])
    for mode, rows in series.items():
        for strength, column in zip(plan.strengths, zip(*rows, strict=True), strict=True):
            name = f"{model}, mode {mode}, strength {strength:g}"
            figures.append(Figure(f"{name}: style similarity", fmean(one.similarity for one in column), len(column)))
            figures.append(Figure(f"{name}: leakage", fmean(one.leakage for one in column), len(column)))
        rises = [_rises([one.similarity for one in row]) for row in rows]
        name = f"{model}, mode {mode}: share of style images that the picture is more like at every step"
        figures.append(Figure(name, share(rises), len(rises)))
    return figures


def _measure(server: Server, model: str, seed: int, image: dict[str, Any], strength: float) -> Measured:
    generation_id, _ = draw(server, model, PROMPTS[model], seed=seed, style_images=[image], style_strength=strength)
    scores = server.call("GET", f"/v1/generations/{generation_id}/images/0/scores").json()
    return Measured(scores["style_similarity"], scores["leakage"])


def _rises(similarities: Sequence[float]) -> bool:
    return all(later > earlier for earlier, later in pairwise(similarities))
