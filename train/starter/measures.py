"""Reads back from the pixels alone what a picture shows, given what was asked: the judge of a model's obedience.

Pictures are uint8 of (height, width, 3). Icons are CANVAS_PX wide. Nothing here knows how a picture was made beyond the
named colours, the shapes of the containers and where a composition's parts belong. Of a picture without any ink, or
without a sky, a measure that goes by it says None.
"""

import numpy as np

from deployments.pixels.horizon import end_of, sky_of
from train.starter.colours import BACKDROP, COLOURS, mix
from train.starter.containers import CANVAS_PX, CONTAINERS, container_mask
from train.starter.palettes import Palette

NAMES = tuple(COLOURS)
NAMED_N3 = np.array([COLOURS[name] for name in NAMES], np.float32)
BACKDROP_REACH = 13.0  # how far, in RGB, a pixel may be from the backdrop and still count as it
CORNERS = (slice(0, 8), slice(-8, None))
INK_REACH = 45.0  # from a named colour
COPY_SHARE = 1 / 3  # of the side that is asked to be empty
HORIZON_LIMITS = (0.51, 0.69)  # between high, middle and low, shares of the height from the top
OFF_CENTRE = 0.065  # from which share of the canvas a glyph is no longer in the centre


def container_of(pixels_HWC: np.ndarray) -> str:
    """The shape that overlaps best with what is not backdrop; "none" where the corners are not."""
    is_inside = ~_is_backdrop(pixels_HWC)
    corners = [is_inside[rows, columns].mean() for rows in CORNERS for columns in CORNERS]
    if np.median(corners) > 0.5:
        return "none"
    overlaps = {}
    for container in CONTAINERS[:-1]:
        for margin_px in (8, 12, 16):
            shape = np.asarray(container_mask(container, margin_px)) > 127
            overlaps[container, margin_px] = (shape & is_inside).sum() / (shape | is_inside).sum()
    return max(overlaps, key=lambda key: overlaps[key])[0]


def background_of(pixels_HWC: np.ndarray, container: str) -> str:
    """The named colour nearest to the middle of those along the container's inner edge."""
    return _nearest_name(np.median(pixels_HWC[_rim(container)], axis=0))


def foreground_of(pixels_HWC: np.ndarray, container: str) -> str | None:
    """The named colour of the ink: of those that show in earnest, the one furthest from the ground."""
    colour, is_ink = _ink(pixels_HWC, container)
    return NAMES[colour] if is_ink.any() else None


def position_of(pixels_HWC: np.ndarray, container: str) -> str | None:
    """Where the middle of the ink's bounding box lies, but for the outermost hundredths of the ink."""
    ys, xs = np.nonzero(_ink(pixels_HWC, container)[1])
    if not len(xs):
        return None
    dx, dy = ((np.percentile(line, (1, 99)).mean() + 0.5) / CANVAS_PX - 0.5 for line in (xs, ys))
    if max(abs(dx), abs(dy)) < OFF_CENTRE:
        return "centre"
    if abs(dx) > abs(dy):
        return "left" if dx < 0 else "right"
    return "top" if dy < 0 else "bottom"


def horizon_of(pixels_HWC: np.ndarray, copy_space: str) -> str | None:
    """Low, middle or high: where the sky ends, in the columns with a scene in them."""
    width = pixels_HWC.shape[1]
    everywhere = slice(None)
    scene = {"left": slice(round(0.7 * width), None), "right": slice(None, round(0.3 * width))}
    plain = {"left": slice(None, width // 3), "right": slice(-(width // 3), None)}
    sky_H3 = sky_of(pixels_HWC[:, plain.get(copy_space, everywhere)])
    if sky_H3 is None:
        return None
    share = end_of(sky_H3, pixels_HWC[:, scene.get(copy_space, everywhere)])
    return "high" if share < HORIZON_LIMITS[0] else "middle" if share < HORIZON_LIMITS[1] else "low"


def emptiness(pixels_HWC: np.ndarray, copy_space: str) -> float:
    """Share of the copy space's pixels that differ little from those beside and below; one straight edge costs 0.01."""
    height, width, _ = pixels_HWC.shape
    rows, columns = {
        "left": (slice(None), slice(None, int(width * COPY_SHARE))),
        "right": (slice(None), slice(-int(width * COPY_SHARE), None)),
        "top": (slice(None, int(height * COPY_SHARE)), slice(None)),
        "bottom": (slice(-int(height * COPY_SHARE), None), slice(None)),
    }[copy_space]
    region = pixels_HWC[rows, columns].astype(np.int16)
    beside = np.abs(np.diff(region, axis=1)).max(axis=2)[:-1]
    below = np.abs(np.diff(region, axis=0)).max(axis=2)[:, :-1]
    return float((np.maximum(beside, below) < 10).mean())


def palette_distance(pixels_HWC: np.ndarray, palette: Palette) -> float:
    """Mean distance, in RGB, of the pixels from the nearest colour that the palette gives a splash."""
    sky = [mix(*palette.sky, share) for share in (0, 0.25, 0.5, 0.75, 1)]
    clouds = [mix(palette.sky[1], (255, 255, 255), 0.7), mix(palette.land[0], palette.sky[1], 0.35)]
    night = [mix(mix(palette.land[3], (0, 0, 0), 0.45), palette.land[2], share) for share in (0, 0.33, 0.67)]
    colours_N3 = np.array([*sky, *clouds, *night, *palette.land, palette.light], np.float32)
    pixels_P3 = pixels_HWC[::4, ::4].reshape(-1, 3).astype(np.float32)
    return float(np.linalg.norm(pixels_P3[:, None] - colours_N3[None], axis=2).min(axis=1).mean())


def _ink(pixels_HWC: np.ndarray, container: str) -> tuple[int, np.ndarray]:
    """Index of the ink's colour in NAMES, and where the ink is, bool of (height, width)."""
    rim = _rim(container)
    ground = np.median(pixels_HWC[rim], axis=0)
    away = np.linalg.norm(pixels_HWC - _plane(pixels_HWC, rim), axis=2)
    is_other = (away > 30) & (np.asarray(container_mask(container, 26 if container != "none" else 0)) > 127)
    others_N3 = pixels_HWC[is_other].astype(np.float32)
    distances_NK = np.linalg.norm(others_N3[:, None] - NAMED_N3[None], axis=2)
    nearest_N = distances_NK.argmin(axis=1)
    counts_K = np.bincount(nearest_N[distances_NK.min(axis=1) < INK_REACH], minlength=len(NAMES))
    from_ground_K = np.linalg.norm(NAMED_N3 - ground, axis=1)
    ink = int(np.where(counts_K >= 0.15 * counts_K.max(), from_ground_K, -1).argmax())
    is_ink = np.zeros_like(is_other)
    is_ink[is_other] = (nearest_N == ink) & (distances_NK.min(axis=1) < INK_REACH + 15)
    return ink, is_ink


def _rim(container: str) -> np.ndarray:
    """Just inside of the container's edge, bool of (CANVAS_PX, CANVAS_PX)."""
    if container == "none":
        rim = np.ones((CANVAS_PX, CANVAS_PX), bool)
        rim[14:-14, 14:-14] = False
        return rim
    return (np.asarray(container_mask(container, 22)) > 127) & (np.asarray(container_mask(container, 36)) < 128)


def _plane(pixels_HWC: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The even gradient that fits the pixels there, outliers left out once."""
    ys, xs = np.nonzero(where)
    basis_N3 = np.stack([xs, ys, np.ones_like(xs)], axis=1).astype(np.float32)
    colours_N3 = pixels_HWC[where].astype(np.float32)
    is_kept = np.linalg.norm(colours_N3 - np.median(colours_N3, axis=0), axis=1) < 70
    fit_33 = np.linalg.lstsq(basis_N3[is_kept], colours_N3[is_kept], rcond=None)[0]
    errors = np.linalg.norm(colours_N3 - basis_N3 @ fit_33, axis=1)
    is_kept &= errors < max(2 * float(np.median(errors)), 6)
    fit_33 = np.linalg.lstsq(basis_N3[is_kept], colours_N3[is_kept], rcond=None)[0]
    y, x = np.mgrid[: pixels_HWC.shape[0], : pixels_HWC.shape[1]]
    return np.asarray(np.stack([x, y, np.ones_like(x)], axis=2) @ fit_33, np.float32)


def _is_backdrop(pixels_HWC: np.ndarray) -> np.ndarray:
    """Bool of (height, width); a shadow on the backdrop counts as backdrop."""
    ray_3 = np.array(BACKDROP, np.float32)
    lightness_HW = np.clip(pixels_HWC @ ray_3 / (ray_3 @ ray_3), 0.7, 1)
    away_HW = np.linalg.norm(pixels_HWC - lightness_HW[:, :, None] * ray_3, axis=2)
    return np.asarray(away_HW < BACKDROP_REACH)


def _nearest_name(colour_3: np.ndarray) -> str:
    return NAMES[int(np.linalg.norm(NAMED_N3 - colour_3, axis=1).argmin())]
