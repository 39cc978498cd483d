"""How alike drawn sets look, where the right answer is known: what differs is found, and by how much."""

from statistics import median

import numpy as np
import pytest

from deployments.pixels.artwork import take_apart
from deployments.pixels.consistency import Consistency, Traits, consistency, traits_of
from tests.icons import (
    BLUE,
    PALE,
    RED,
    WHITE,
    Pen,
    combined,
    container_icon,
    disc,
    flat,
    gradient,
    laid,
    rectangle,
    shape,
    triangle,
    with_noise,
)

SQUARE = rectangle(0.32, 0.32, 0.68, 0.68)
ALIKE = [disc(), SQUARE, triangle(), rectangle(0.28, 0.36, 0.72, 0.64, corner=0.05)]


def traits(pixels_HWC: np.ndarray) -> Traits:
    return traits_of(take_apart(pixels_HWC))


def of_set(*pixels_HWC: np.ndarray) -> Consistency:
    return consistency([traits(one_HWC) for one_HWC in pixels_HWC])


def white_on_blue(*pens: Pen) -> list[np.ndarray]:
    return [container_icon(pen) for pen in pens]


def red_on_pale(pen: Pen) -> np.ndarray:
    return laid(shape(pen), RED, flat(PALE))


def test_traits_are_those_of_the_shape() -> None:
    found = traits(red_on_pale(disc(0.55, 0.5, 0.2)))
    assert found.stroke == pytest.approx(0.2, abs=0.006)  # a disc's radius
    assert found.size == pytest.approx(np.sqrt(np.pi) * 0.2, abs=0.004)
    assert found.centre == pytest.approx((0.05, 0), abs=0.002)
    bar = traits(red_on_pale(rectangle(0.1, 0.48, 0.9, 0.52)))
    assert bar.stroke == pytest.approx(2 * 0.8 * 0.04 / (2 * 0.84), abs=0.003)


def test_same_icon_is_no_distance_from_itself() -> None:
    same = of_set(*white_on_blue(disc(), disc()))
    assert same.score == 1 and [distance.total for distance in same.distances] == [0, 0]


def test_set_that_is_alike_scores_better_than_one_that_is_not() -> None:
    alike = of_set(*white_on_blue(*ALIKE))
    colours = of_set(container_icon(), red_on_pale(SQUARE), laid(shape(triangle()), BLUE, flat((30, 60, 30))))
    sizes = of_set(*white_on_blue(disc(radius=0.08), disc(radius=0.16), disc(radius=0.32)))
    places = of_set(*white_on_blue(disc(0.3, 0.5, 0.15), disc(0.5, 0.7, 0.15), disc(0.65, 0.35, 0.15)))
    assert alike.score > 0.75
    assert max(colours.score, sizes.score, places.score) < alike.score - 0.15


def test_odd_one_is_the_farthest_and_its_part_says_why() -> None:
    lines = combined(*(rectangle(0.25, y / 100, 0.75, y / 100 + 0.03) for y in range(28, 72, 9)))
    odd = {
        "palette_delta_e": red_on_pale(SQUARE),
        "size_ratio": container_icon(disc(radius=0.36)),
        "stroke_ratio": container_icon(lines),
        "centring": container_icon(disc(0.64, 0.36)),
    }
    usual = of_set(*white_on_blue(*ALIKE))
    for part, picture in odd.items():
        *others, last = of_set(*white_on_blue(*ALIKE), picture).distances
        assert last.total > 2 * max(other.total for other in others), part
        assert getattr(last, part) > 1.25 * max(getattr(one, part) for one in usual.distances), part


def test_palette_is_compared_by_colour_and_not_by_how_much_there_is_of_each() -> None:
    small, large = of_set(*white_on_blue(disc(radius=0.1), disc(radius=0.25))).distances
    assert small.palette_delta_e < 1 and large.size_ratio == pytest.approx(2.5, abs=0.1)
    apart = of_set(red_on_pale(disc()), laid(shape(disc()), BLUE, flat(PALE)))
    assert 3 < apart.distances[0].palette_delta_e < 60


def test_pictures_without_a_subject_are_compared_by_their_colours() -> None:
    red, blue = (with_noise(gradient(colour, WHITE), spread=60) for colour in (RED, BLUE))
    assert traits(red).size is None
    alike, apart = of_set(red, with_noise(gradient(RED, WHITE), spread=60, seed=1)), of_set(red, blue)
    assert alike.distances[0].centring is None
    assert alike.score > 0.6 > apart.score


def test_distance_in_a_set_is_the_median_of_those_in_pairs_also_where_little_is_known() -> None:
    unknown = Traits(palette=(), stroke=None, size=None, centre=None)
    icons = [*map(traits, [*white_on_blue(*ALIKE), red_on_pale(disc()), gradient(RED, WHITE)]), unknown]
    for own, distance in enumerate(consistency(icons).distances):
        others = [other for number, other in enumerate(icons) if number != own]
        pairs = [consistency([icons[own], other]).distances[0] for other in others]
        assert distance.total == pytest.approx(median(pair.total for pair in pairs), abs=1e-4)
        for name in ("stroke_ratio", "size_ratio", "centring"):
            known = [value for pair in pairs if (value := getattr(pair, name)) is not None]
            assert getattr(distance, name) == (pytest.approx(median(known), abs=1e-4) if known else None)
