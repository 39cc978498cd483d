"""How alike the icons of a set look, from their pixels alone: palette, weight of the strokes, size, place.

Subjects differ, and should: only what is the same in any well-made set is compared. Each part of a distance counts 1
where it is plainly seen.
"""

from collections.abc import Sequence
from math import exp, log
from statistics import fmean

import numpy as np
from PIL import Image

from deployments.pixels.artwork import Artwork
from deployments.pixels.colour import delta_e, to_lab
from deployments.pixels.keylines import optical_centre
from deployments.pixels.light import over
from deployments.pixels.scores import NUM_SAMPLED, SOLID
from deployments.schemas import Record

NUM_COLOURS = 8
MIN_SHARE = 0.03  # of the icon's pixels, from which a colour counts
# What is plainly seen when icons stand side by side:
PALETTE_SEEN = 10.0  # CIEDE2000
STROKE_SEEN = log(2.0)  # twice as bold
SIZE_SEEN = log(1.4)  # Material's largest keyline is 1.25 of its smallest
CENTRING_SEEN = 0.1  # of the side


class Colour(Record):
    """CIELAB under D65, and the share of the icon that has it."""

    light: float
    a: float
    b: float
    share: float


class Traits(Record):
    """Of one icon; None where no subject can be told from its ground."""

    palette: tuple[Colour, ...]
    stroke: float | None  # mean width of the subject's parts, share of the side
    size: float | None  # side of a square of the subject's area, share of the side
    centre: tuple[float, float] | None  # optical, x and y, shares of the side from the canvas' centre


class Distance(Record):
    """Of one icon from the others of its set: the median over them."""

    total: float  # mean of the parts below, each by what is plainly seen; 0: alike
    palette_delta_e: float
    stroke_ratio: float | None  # the bolder by the finer: 1 alike
    size_ratio: float | None
    centring: float | None  # share of the side


class Consistency(Record):
    """Of a set."""

    score: float  # 1: alike; 0.37 where every icon is plainly another
    distances: tuple[Distance, ...]  # in the order of the icons


def traits_of(artwork: Artwork) -> Traits:
    alpha_HW = artwork.subject_HWC[..., 3] / np.float32(255)
    palette = _palette(artwork)
    area = float(alpha_HW.sum())
    if artwork.is_picture or area == 0:
        return Traits(palette=palette, stroke=None, size=None, centre=None)
    height, width = alpha_HW.shape
    side_px: int = min(height, width)
    x, y = optical_centre(alpha_HW)
    return Traits(
        palette=palette,
        stroke=round(2 * area / _perimeter_px(alpha_HW) / side_px, 4),
        size=round(area**0.5 / side_px, 4),
        centre=(round((x - width / 2) / side_px, 4), round((y - height / 2) / side_px, 4)),
    )


def consistency(traits: Sequence[Traits]) -> Consistency:
    """Of N icons, two or more; all pairs at once, since a set may have hundreds."""
    stroke_NN, size_NN = _ratios([one.stroke for one in traits]), _ratios([one.size for one in traits])
    palette_NN, centring_NN = _palette_delta_e([one.palette for one in traits]), _apart([one.centre for one in traits])
    parts_4NN = np.stack(
        [
            palette_NN / PALETTE_SEEN, np.log(stroke_NN) / STROKE_SEEN, np.log(size_NN) / SIZE_SEEN,
            centring_NN / CENTRING_SEEN,
        ]
    )  # fmt: skip
    columns = zip(
        _from_others(np.nanmean(parts_4NN, axis=0), 4), _from_others(palette_NN, 2), _from_others(stroke_NN, 4),
        _from_others(size_NN, 4), _from_others(centring_NN, 4), strict=True,
    )  # fmt: skip
    distances = tuple(
        Distance(  # palettes are always known, and with them the total
            total=total or 0.0, palette_delta_e=palette or 0.0, stroke_ratio=stroke, size_ratio=size, centring=centring
        )
        for total, palette, stroke, size, centring in columns
    )
    return Consistency(score=round(exp(-fmean(distance.total for distance in distances)), 4), distances=distances)


def _perimeter_px(alpha_HW: np.ndarray) -> float:
    """The length of all edges, soft ones too: the integral of how steeply alpha changes, one pixel beyond the canvas
    included. A stroke's width is then twice its area by its perimeter; of a disc that gives the radius."""
    down_HW, right_HW = np.gradient(np.pad(alpha_HW, 1))
    return max(float(np.hypot(down_HW, right_HW).sum()), 1.0)


def _palette(artwork: Artwork) -> tuple[Colour, ...]:
    """The colours of the icon, the backdrop and mixed edges aside; the most common first."""
    alpha_HW = artwork.subject_HWC[..., 3]
    counted_HW = artwork.icon_HW & ((alpha_HW >= SOLID) | (alpha_HW == 0))
    rows, columns = (np.linspace(0, side - 1, min(side, NUM_SAMPLED)).astype(int) for side in counted_HW.shape)
    sampled = np.ix_(rows, columns)
    pixels_N3 = over(artwork.subject_HWC, artwork.ground_HWC)[sampled][counted_HW[sampled]]
    if not len(pixels_N3):
        return ()
    reduced = Image.fromarray(pixels_N3[None]).quantize(NUM_COLOURS, Image.Quantize.MEDIANCUT)
    indices_N = np.asarray(reduced)[0]
    found = []
    for index, count in zip(*np.unique(indices_N, return_counts=True), strict=True):
        if count >= MIN_SHARE * len(indices_N):
            light, a, b = (round(float(value), 2) for value in to_lab(pixels_N3[indices_N == index].mean(axis=0)))
            found.append(Colour(light=light, a=a, b=b, share=round(count / len(indices_N), 4)))
    return tuple(sorted(found, key=lambda colour: -colour.share))


def _palette_delta_e(palettes: Sequence[Sequence[Colour]]) -> np.ndarray:
    """Returns [N, N]: mean CIEDE2000 of the colours of each, by their shares, from the nearest of the other's, both
    ways; 0 where one has none."""
    numbers = [number for number, palette in enumerate(palettes) if palette]
    delta_e_NN = np.zeros((len(palettes), len(palettes)))
    if not numbers:
        return delta_e_NN
    labs = [np.array([(colour.light, colour.a, colour.b) for colour in palettes[number]]) for number in numbers]
    all_M3, starts = np.concatenate(labs), np.cumsum([0, *map(len, labs[:-1])])
    for number, lab_K3 in zip(numbers, labs, strict=True):
        nearest_KN = np.minimum.reduceat(delta_e(lab_K3[:, None], all_M3[None]), starts, axis=1)
        shares_K = [colour.share for colour in palettes[number]]
        delta_e_NN[number, numbers] = np.average(nearest_KN, axis=0, weights=shares_K)
    return (delta_e_NN + delta_e_NN.T) / 2


def _ratios(values: Sequence[float | None]) -> np.ndarray:
    """Returns [N, N]: the larger by the smaller; NaN where one is not known."""
    values_N = np.array([value or np.nan for value in values])
    ratios_NN = values_N[:, None] / values_N
    return np.asarray(np.maximum(ratios_NN, 1 / ratios_NN))


def _apart(centres: Sequence[tuple[float, float] | None]) -> np.ndarray:
    """Returns [N, N]; NaN where one is not known."""
    centres_N2 = np.array([centre or (np.nan, np.nan) for centre in centres])
    return np.asarray(np.linalg.norm(centres_N2[:, None] - centres_N2, axis=-1))


def _from_others(distances_NN: np.ndarray, num_digits: int) -> list[float | None]:
    """The median, so that one odd icon makes itself far from the others, and not them from each other."""
    others = [np.delete(row_N, own) for own, row_N in enumerate(distances_NN)]
    known = [row[~np.isnan(row)] for row in others]
    return [round(float(np.median(row)), num_digits) if len(row) else None for row in known]
