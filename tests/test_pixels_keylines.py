"""Subjects put into their places, where these are known."""

from math import pi, sqrt

import numpy as np
import pytest

from deployments.pixels.keylines import ADAPTIVE, FULL_BLEED, MASKABLE, SMALL, Keyline, optical_centre, place
from deployments.pixels.light import resample, to_light, to_pixels
from deployments.pixels.scores import centring_offset, outside_circle
from tests.icons import SIDE_PX, Pen, disc, rectangle, shape, triangle

KEYLINES = [FULL_BLEED, ADAPTIVE, MASKABLE, SMALL]
SHAPES = [disc(0.3, 0.6, 0.12), rectangle(0.5, 0.1, 0.9, 0.5), rectangle(0.1, 0.45, 0.9, 0.5), triangle()]
CANVAS_PX = 432


def placed(pen: Pen, keyline: Keyline) -> np.ndarray:
    """Alpha on the canvas."""
    alpha_HW = shape(pen)
    rgba = np.concatenate([np.full((SIDE_PX, SIDE_PX, 3), 255), 255 * alpha_HW[..., None]], axis=2).astype(np.uint8)
    box = place(rgba[..., 3] / 255, keyline)
    return to_pixels(resample(to_light(rgba), box, CANVAS_PX, CANVAS_PX))[..., 3] / 255


def side_of(alpha_HW: np.ndarray) -> float:
    """Of a square as large as the subject, as a share of the canvas."""
    return sqrt(float(alpha_HW.sum())) / len(alpha_HW)


@pytest.mark.parametrize("keyline", KEYLINES)
def test_disc_and_square_become_equally_large_in_the_middle(keyline: Keyline) -> None:
    for pen in (disc(0.3, 0.6, 0.12), rectangle(0.5, 0.1, 0.9, 0.5)):
        alpha_HW = placed(pen, keyline)
        assert side_of(alpha_HW) == pytest.approx(keyline.optical_side, rel=0.01)
        assert centring_offset(alpha_HW) < 0.002
    ys, _ = np.nonzero(placed(disc(0.3, 0.6, 0.12), keyline) > 0.5)
    diameter = (ys.max() - ys.min() + 1) / CANVAS_PX
    assert diameter == pytest.approx(keyline.optical_side * 2 / sqrt(pi), abs=0.006)


@pytest.mark.parametrize("keyline", KEYLINES)
@pytest.mark.parametrize("pen", SHAPES)
def test_nothing_leaves_the_live_area(pen: Pen, keyline: Keyline) -> None:
    alpha_HW = placed(pen, keyline)
    if keyline.live_shape == "circle":
        assert outside_circle(alpha_HW, keyline.live_side) == 0
    rows, columns = (np.flatnonzero((alpha_HW > 0).any(axis=axis)) for axis in (1, 0))
    for found in (rows, columns):
        assert found.max() - found.min() <= keyline.live_side * CANVAS_PX


def test_what_is_long_fills_the_live_area_and_stays_lighter() -> None:
    alpha_HW = placed(rectangle(0.1, 0.45, 0.9, 0.5), FULL_BLEED)
    columns = np.flatnonzero((alpha_HW > 0.5).any(axis=0))
    assert (len(columns) / CANVAS_PX) == pytest.approx(FULL_BLEED.live_side, abs=0.01)
    assert side_of(alpha_HW) < FULL_BLEED.optical_side / 2


def test_triangle_is_centred_between_its_weight_and_its_box() -> None:
    """The weight's centre is two thirds of the height from the point, the box's half."""
    x, y = optical_centre(shape(triangle()))
    assert x / SIDE_PX == pytest.approx(0.5, abs=0.002)
    assert y / SIDE_PX == pytest.approx((0.2 + 0.5 * 2 / 3 + 0.45) / 2, abs=0.004)


def test_place_does_not_depend_on_where_or_how_large_it_was_drawn() -> None:
    first, second = placed(disc(0.3, 0.3, 0.15), MASKABLE), placed(disc(0.62, 0.55, 0.25), MASKABLE)
    assert np.abs(first - second).mean() < 0.004


def test_anchor_moves_the_subject() -> None:
    keyline = Keyline("square", live_side=0.5, optical_side=0.3, anchor=(0.25, 0.75))
    x, y = optical_centre(placed(disc(), keyline))
    assert (x / CANVAS_PX, y / CANVAS_PX) == pytest.approx((0.25, 0.75), abs=0.003)
