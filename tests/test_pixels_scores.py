"""Scores of drawn pictures, where the right answer is known."""

from math import pi

import numpy as np
import pytest

from deployments.pixels.artwork import take_apart
from deployments.pixels.scores import (
    background_purity,
    centring_offset,
    contrast_ratio,
    legibility_16px,
    margin,
    measure,
    outside_circle,
    palette_delta_e,
)
from tests.icons import (
    BLUE,
    PALE,
    RED,
    WHITE,
    combined,
    container_icon,
    disc,
    flat,
    gradient,
    laid,
    rectangle,
    shape,
    with_noise,
)


@pytest.mark.parametrize(("x", "y", "offset"), [(0.5, 0.5, 0), (0.6, 0.5, 0.1), (0.44, 0.58, 0.1)])
def test_centring_is_the_distance_of_the_centres(x: float, y: float, offset: float) -> None:
    assert centring_offset(shape(disc(x, y, 0.2))) == pytest.approx(offset, abs=0.002)


def test_margin_is_the_narrowest() -> None:
    assert margin(shape(rectangle(0.25, 0.125, 0.5, 0.75))) == pytest.approx(0.125, abs=0.004)
    assert margin(shape(rectangle(0, 0.4, 0.5, 0.6))) == 0
    assert margin(np.zeros((64, 64))) == 0.5


def test_share_outside_a_circle_is_that_of_its_area() -> None:
    assert outside_circle(shape(disc(radius=0.39)), 0.8) == 0
    whole = np.ones((256, 256), np.float32)
    assert outside_circle(whole, 0.8) == pytest.approx(1 - pi * 0.4**2, abs=0.002)


def test_background_is_pure_where_it_is_one_colour() -> None:
    clean = laid(shape(disc()), RED, flat(PALE))
    assert background_purity(clean) == 1
    assert background_purity(with_noise(clean, spread=25)) < 0.3
    two = laid(shape(rectangle(0, 0, 1, 0.6)), RED, flat(BLUE))
    assert background_purity(two) == pytest.approx((1 + 2 * 0.6) / 4, abs=0.02)


@pytest.mark.parametrize(
    ("colour", "ground", "ratio"),
    [((255, 255, 255), (0, 0, 0), 21.0), ((118, 118, 118), (255, 255, 255), 4.54), ((0, 0, 0), (255, 0, 0), 5.25)],
)
def test_contrast_is_that_of_the_two_colours(
    colour: tuple[int, int, int], ground: tuple[int, int, int], ratio: float
) -> None:
    artwork = take_apart(laid(shape(disc()), colour, flat(ground)))
    assert contrast_ratio(artwork) == pytest.approx(ratio, abs=0.05)


def test_bold_shape_is_read_at_16_px_and_fine_lines_are_not() -> None:
    lines = combined(*(rectangle(0.15, y / 100, 0.85, y / 100 + 0.012) for y in range(20, 80, 6)))
    bold, fine, faint = (
        legibility_16px(take_apart(laid(shape(pen), colour, flat(BLUE))))
        for pen, colour in ((disc(radius=0.3), WHITE), (lines, WHITE), (disc(radius=0.3), (70, 125, 240)))
    )
    assert bold > 0.8 > 0.5 > fine
    assert faint < 0.1


def test_palette_distance_is_that_of_the_nearest_colours() -> None:
    artwork = take_apart(container_icon())
    assert palette_delta_e(artwork, [WHITE, BLUE]) == 0  # the backdrop and mixed edges do not count
    with_another = palette_delta_e(artwork, [WHITE, (38, 96, 222)])
    assert 0.5 < with_another < 3 and palette_delta_e(artwork, [RED]) > 25


def test_glyph_on_a_container_is_the_subject() -> None:
    pixels = container_icon(disc(0.56, 0.5, 0.2))
    scores = measure(pixels, take_apart(pixels))
    assert scores.separation > 0.9 and scores.background_purity == 1
    assert scores.centring_offset == pytest.approx(0.06, abs=0.002)
    assert scores.margin == pytest.approx(0.24, abs=0.005)
    assert scores.outside_safe_zone == 0 and scores.palette_delta_e is None
    assert scores.contrast_ratio == pytest.approx(5.2, abs=0.1)


def test_picture_has_no_scores_that_need_a_subject() -> None:
    pixels = with_noise(gradient(RED, BLUE), spread=60)
    scores = measure(pixels, take_apart(pixels), [RED])
    assert scores.separation < 0.5 and scores.palette_delta_e is not None
    needed = (scores.centring_offset, scores.margin, scores.outside_safe_zone, scores.contrast_ratio)
    assert {*needed, scores.legibility_16px} == {None}
