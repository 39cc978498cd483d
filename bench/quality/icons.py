"""Icons as the service draws them: sets that look alike, subjects in their place, palettes that follow a reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.quality.figures import Figure, share
from bench.quality.pictures import draw, draw_set, exported, finished, upload
from deployments.pixels.consistency import Traits, consistency
from deployments.pixels.keylines import ADAPTIVE, extent_px, optical_centre
from deployments.pixels.look import look_at
from serve_app.cli.client import Server

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
CENTRE_REACH, SIZE_REACH = 0.03, 0.05
FOREGROUND = "android/res/mipmap-xxxhdpi/ic_launcher_foreground.png"
STYLES = ("{subject} icon, white on a blue rounded square, flat", "{subject} icon, yellow on a purple circle, bold")
SUBJECTS = (
    "rocket", "heart", "star", "house", "bell", "camera", "leaf", "key", "cloud", "book", "umbrella", "anchor", "fish",
)  # fmt: skip
REFERENCES = (
    "white heart icon on a red circle", "black star icon on a yellow rounded square",
    "yellow bell icon on a purple hexagon", "white leaf icon on a green squircle",
    "orange key icon on a navy circle", "pink cloud icon on a teal rounded square",
)  # fmt: skip


@dataclass(frozen=True)
class IconPlan:
    """The last subject is added to a finished set of the others."""

    styles: Sequence[str] = STYLES
    subjects: Sequence[str] = SUBJECTS
    references: Sequence[str] = REFERENCES
    strengths: Sequence[float] = STRENGTHS


def measure_icons(server: Server, plan: IconPlan) -> list[Figure]:
    spreads, later, places = [], [], []
    for number, style in enumerate(plan.styles):
        made = draw_set(
            server, name=f"quality {number}", subjects=[*plan.subjects[:-1]], template=style, seed=number,
            consistency="hero",
        )  # fmt: skip
        places += [_is_in_place(server, item["generation_id"]) for item in made["items"]]
        spreads.append(_spread(made) / _spread_of_strangers(server, plan.subjects[:-1]))
        later.append(_stays_within(server, made, plan.subjects[-1]))
    falls = _palette_distances(server, plan)
    return [
        Figure("a set's spread, of that of icons drawn apart", fmean(spreads), len(spreads), 0.5, "lower"),
        Figure("share of icons added later within their set's spread", share(later), len(later), 1.0),
        Figure("share of subjects in place after the export", share(places), len(places), 0.95),
        *(
            Figure(f"palette distance to a style image at strength {strength:g}", fmean(column), len(column))
            for strength, column in zip(plan.strengths, zip(*falls, strict=True), strict=True)
        ),
        Figure("share of steps at which their mean falls", share(_steps_down(falls)), len(plan.strengths) - 1, 1.0),
        Figure(
            "share of style images whose palette distance falls at every step",
            share([*map(_falls, falls)]),
            len(falls),
            1.0,
        ),
    ]


def _spread(made: dict[str, Any]) -> float:
    return fmean(item["distance"]["total"] for item in made["items"])


def _spread_of_strangers(server: Server, subjects: Sequence[str]) -> float:
    """The same subjects without a word on style, each by a seed of its own."""
    drawn = [draw(server, "icon", f"{subject} icon", seed=1000 + number)[1] for number, subject in enumerate(subjects)]
    return fmean(distance.total for distance in consistency([*map(_traits, drawn)]).distances)


def _stays_within(server: Server, made: dict[str, Any], subject: str) -> bool:
    widest = max(item["distance"]["total"] for item in made["items"])
    server.call("POST", f"/v1/icon-sets/{made['id']}/items", {"subjects": [subject]})
    added = finished(server, made["id"])["items"][-1]
    return bool(added["distance"]["total"] <= widest)


def _is_in_place(server: Server, generation_id: str) -> bool:
    """Its optical centre on the canvas' own, and as large as the keyline says: by its area, or by its reach."""
    alpha_HW = exported(server, generation_id, "android", FOREGROUND)[..., 3] / np.float32(255)
    side_px = len(alpha_HW)
    off_centre = max(abs(at / side_px - 0.5) for at in optical_centre(alpha_HW))
    size = sqrt(float(alpha_HW.sum())) / side_px / ADAPTIVE.optical_side
    reach = 2 * extent_px(alpha_HW, ADAPTIVE.live_shape) / side_px / ADAPTIVE.live_side
    return off_centre <= CENTRE_REACH and abs(max(size, reach) - 1) <= SIZE_REACH


def _palette_distances(server: Server, plan: IconPlan) -> list[list[float]]:
    """CIEDE2000, by style image and strength."""
    with TemporaryDirectory() as folder:
        return [
            _of_reference(server, prompt, number, plan, Path(folder)) for number, prompt in enumerate(plan.references)
        ]


def _of_reference(server: Server, prompt: str, seed: int, plan: IconPlan, folder: Path) -> list[float]:
    _, reference = draw(server, "icon", prompt, seed=seed)
    images = [{"file_id": upload(server, reference, folder), "mode": "full"}]
    distances = []
    for strength in plan.strengths:
        _, drawn = draw(server, "icon", "rocket icon", seed=seed, style_images=images, style_strength=strength)
        distances.append(consistency([_traits(reference), _traits(drawn)]).distances[0].palette_delta_e)
    return distances


def _steps_down(falls: Sequence[Sequence[float]]) -> list[bool]:
    means = [fmean(column) for column in zip(*falls, strict=True)]
    return [later < earlier for earlier, later in pairwise(means)]


def _falls(distances: Sequence[float]) -> bool:
    return all(later < earlier for earlier, later in pairwise(distances))


def _traits(pixels_HWC: np.ndarray) -> Traits:
    return look_at(pixels_HWC).traits
