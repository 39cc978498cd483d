"""How alike the icons of a set look, from their pixels alone: palette, weight of the strokes, size, place.

Subjects differ, and should: only what is the same in any well-made set is compared. Each part of a distance counts 1
where it is plainly seen.
"""

from collections.abc import Sequence
from math import exp, hypot, log
from statistics import fmean, median

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
    """Of two icons or more."""
    distances = tuple(
        _from_others([_between(one, other) for number, other in enumerate(traits) if number != own])
        for own, one in enumerate(traits)
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


def _between(one: Traits, other: Traits) -> Distance:
    palette_delta_e = (_palette_delta_e(one.palette, other.palette) + _palette_delta_e(other.palette, one.palette)) / 2
    stroke_ratio, size_ratio = _ratio(one.stroke, other.stroke), _ratio(one.size, other.size)
    centring = None
    if one.centre and other.centre:
        centring = hypot(one.centre[0] - other.centre[0], one.centre[1] - other.centre[1])
    parts = [palette_delta_e / PALETTE_SEEN]
    parts += [log(stroke_ratio) / STROKE_SEEN] if stroke_ratio else []
    parts += [log(size_ratio) / SIZE_SEEN] if size_ratio else []
    parts += [centring / CENTRING_SEEN] if centring is not None else []
    return Distance(
        total=fmean(parts), palette_delta_e=palette_delta_e, stroke_ratio=stroke_ratio, size_ratio=size_ratio,
        centring=centring,
    )  # fmt: skip


def _palette_delta_e(one: Sequence[Colour], other: Sequence[Colour]) -> float:
    """Mean CIEDE2000 of the first's colours, by their shares, from the nearest of the other's."""
    if not one or not other:
        return 0.0
    lab_N3, lab_K3 = (np.array([(colour.light, colour.a, colour.b) for colour in palette]) for palette in (one, other))
    nearest_N = delta_e(lab_N3[:, None], lab_K3[None]).min(axis=1)
    return float(np.average(nearest_N, weights=[colour.share for colour in one]))


def _ratio(one: float | None, other: float | None) -> float | None:
    return max(one, other) / min(one, other) if one and other else None


def _from_others(distances: Sequence[Distance]) -> Distance:
    """The median, so that one odd icon makes itself far from the others, and not them from each other."""

    def middle(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return round(median(known), 4) if known else None

    return Distance(
        total=round(median(distance.total for distance in distances), 4),
        palette_delta_e=round(median(distance.palette_delta_e for distance in distances), 2),
        stroke_ratio=middle([distance.stroke_ratio for distance in distances]),
        size_ratio=middle([distance.size_ratio for distance in distances]),
        centring=middle([distance.centring for distance in distances]),
    )
