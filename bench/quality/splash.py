"""Splash screens as the service draws them: boxes that stay calm, and regions that get their colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from bench.quality.figures import Figure, share
from bench.quality.pictures import draw
from deployments.pixels.colour import delta_e, to_lab
from serve_app.cli.client import Server

MAX_DETAIL = 0.2  # of that outside
MAX_HORIZON_OFFSET = 0.05  # share of the height
HORIZONS = (0.42, 0.6, 0.78)
SCENES = (
    "mountains, sunset palette", "waves, ocean palette", "forest, forest palette", "city skyline, night palette",
    "desert dunes, desert palette", "hills, dawn palette",
)  # fmt: skip
SIDES = {
    "left": (0.0, 0.0, 0.34, 1.0), "right": (0.66, 0.0, 0.34, 1.0),
    "top": (0.0, 0.0, 1.0, 0.34), "bottom": (0.0, 0.66, 1.0, 0.34),
}  # fmt: skip
COLOURS = {"red": (219, 39, 39), "blue": (38, 96, 232), "green": (34, 160, 70), "yellow": (250, 204, 21)}
PAIRS = (("red", "blue"), ("blue", "yellow"), ("green", "red"), ("yellow", "green"), ("blue", "red"))


@dataclass(frozen=True)
class SplashPlan:
    scenes: Sequence[str] = SCENES
    sides: Sequence[str] = tuple(SIDES)
    pairs: Sequence[tuple[str, str]] = PAIRS  # of the left half and the right
    sizes: Sequence[str] = ("352x192", "256x256")
    seeds: Sequence[int] = (1, 2, 3, 4)  # of each pair and size
    horizons: Sequence[float] = HORIZONS


def measure_splash(server: Server, plan: SplashPlan) -> list[Figure]:
    details = [
        _copy_space_detail(server, scene, side, seed)
        for seed, scene in enumerate(plan.scenes) for side in plan.sides
    ]  # fmt: skip
    halves = {
        size: [hit for pair in plan.pairs for seed in plan.seeds for hit in _halves(server, pair, size, seed)]
        for size in plan.sizes
    }
    coloured = [hit for hits in halves.values() for hit in hits]
    offsets = [
        _horizon_offset(server, scene, horizon, seed)
        for seed, scene in enumerate(plan.scenes) for horizon in plan.horizons
    ]  # fmt: skip
    level = [offset is not None and offset <= MAX_HORIZON_OFFSET for offset in offsets]
    calm = [detail <= MAX_DETAIL for detail in details]
    return [
        Figure("detail in the copy space, of that outside: median", median(details), len(details)),
        Figure(f"share of copy spaces with detail of {MAX_DETAIL:g} or less", share(calm), len(calm), 0.95),
        Figure(f"share of horizons within {MAX_HORIZON_OFFSET:g} of the height", share(level), len(level), 0.9),
        Figure("share of regions that have the colour they name", share(coloured), len(coloured), 0.85),
        *(Figure(f"of those at {size}", share(hits), len(hits)) for size, hits in halves.items()),
    ]


def _copy_space_detail(server: Server, scene: str, side: str, seed: int) -> float:
    """Where the rest has no detail at all nothing can be told: that counts as 1."""
    detail = _scores(server, scene, seed, copy_space=[*SIDES[side]])["copy_space_detail"]
    return 1.0 if detail is None else detail


def _horizon_offset(server: Server, scene: str, horizon: float, seed: int) -> float | None:
    """Of the height; None where there is no sky."""
    found = _scores(server, scene, seed, horizon=horizon)["horizon"]
    return None if found is None else abs(found - horizon)


def _scores(server: Server, scene: str, seed: int, **layout: object) -> dict[str, float | None]:
    generation_id, _ = draw(server, "splash", scene, seed=seed, size="352x192", layout=layout)
    scores: dict[str, float | None] = server.call("GET", f"/v1/generations/{generation_id}/images/0/scores").json()
    return scores


def _halves(server: Server, pair: tuple[str, str], size: str, seed: int) -> list[bool]:
    regions = [
        {"box": [0.5 * place, 0, 0.5, 1], "prompt": f"{colour} background", "strength": 1.0}
        for place, colour in enumerate(pair)
    ]
    _, drawn = draw(server, "splash", "abstract shapes", seed=seed, size=size, layout={"regions": regions})
    middle = drawn.shape[1] // 2
    return [_nearest(half) == colour for half, colour in zip((drawn[:, :middle], drawn[:, middle:]), pair, strict=True)]


def _nearest(pixels_HWC: np.ndarray) -> str:
    lab = to_lab(np.median(pixels_HWC.reshape(-1, 3), axis=0))
    return min(COLOURS, key=lambda name: float(delta_e(lab, to_lab(np.array(COLOURS[name], np.float64)))))
