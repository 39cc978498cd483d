"""Backgrounds taken off: what is left looks on any other colour as if it had been drawn there."""

import numpy as np
import pytest

from deployments.pixels.light import over
from deployments.pixels.matte import Cutout, cut_out
from tests.icons import (
    BLUE,
    PALE,
    RED,
    SIDE_PX,
    WHITE,
    combined,
    disc,
    flat,
    gradient,
    laid,
    rectangle,
    shape,
    triangle,
    with_noise,
)

STAR = combined(disc(0.4, 0.45, 0.22), rectangle(0.55, 0.3, 0.58, 0.8), triangle())
OTHER_COLOURS = [(0, 0, 0), (255, 255, 255), (255, 0, 255), (16, 120, 60)]


def worst_difference(cutout: Cutout, drawn_with: np.ndarray, colour: tuple[int, int, int]) -> float:
    """Over all other colours, the largest mean difference of a pixel along the edges, 0 to 255."""
    edge_HW = (drawn_with > 0) & (drawn_with < 1)
    differences = []
    for other in OTHER_COLOURS:
        wanted = laid(drawn_with, colour, flat(other)).astype(float)
        differences.append(np.abs(over(cutout.pixels_HWC, flat(other)) - wanted)[edge_HW].mean())
    return max(differences)


@pytest.mark.parametrize("ground", [flat(PALE), flat((0, 0, 0)), gradient((20, 30, 90), (120, 190, 250))])
@pytest.mark.parametrize("colour", [RED, (250, 220, 40)])
def test_subject_looks_on_other_colours_as_if_drawn_there(ground: np.ndarray, colour: tuple[int, int, int]) -> None:
    coverage_HW = shape(STAR)
    cutout = cut_out(laid(coverage_HW, colour, ground))
    assert cutout.confidence > 0.9
    assert worst_difference(cutout, coverage_HW, colour) < 3
    assert np.abs(cutout.pixels_HWC[..., 3] / 255 - coverage_HW).max() < 0.12


def test_edges_have_the_subjects_colour_and_none_of_the_grounds() -> None:
    cutout = cut_out(laid(shape(disc()), RED, flat((255, 255, 255))))
    rgba = cutout.pixels_HWC.reshape(-1, 4).astype(int)
    assert np.abs(rgba[rgba[:, 3] > 30, :3] - RED).max() < 8
    assert np.abs(rgba[:, :3] - RED).max() < 60  # what is transparent too: careless programs mix it in


def test_ground_behind_the_subject_is_continued() -> None:
    ground = gradient((20, 30, 90), (120, 190, 250))
    cutout = cut_out(laid(shape(disc(radius=0.3)), WHITE, ground))
    assert np.abs(cutout.ground_HWC - ground).max() < 3


def test_hole_of_the_grounds_colour_stays_unless_all_ground_goes() -> None:
    ring_HW = shape(disc(radius=0.3)) - shape(disc(radius=0.1))
    pixels = laid(ring_HW, RED, flat(BLUE))
    centre = SIDE_PX // 2, SIDE_PX // 2
    assert cut_out(pixels).pixels_HWC[*centre, 3] == 255
    everywhere = cut_out(pixels, is_connected=False)
    assert np.abs(everywhere.pixels_HWC[..., 3] / 255 - ring_HW).max() < 0.12


def test_noise_leaves_no_specks_and_takes_nothing_away() -> None:
    coverage_HW = shape(STAR)
    cutout = cut_out(with_noise(laid(coverage_HW, RED, flat(PALE)), spread=5))
    alpha_HW = cutout.pixels_HWC[..., 3]
    assert cutout.confidence > 0.9
    assert not alpha_HW[coverage_HW == 0].max() > 60 and alpha_HW[coverage_HW == 0].mean() < 1
    assert alpha_HW[coverage_HW == 1].min() > 200


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("noise", with_noise(flat((128, 128, 128)), spread=60)),
        ("no subject", gradient((20, 30, 90), (120, 190, 250)).astype(np.uint8)),
        ("hardly another colour", laid(shape(disc()), (240, 240, 240), flat(WHITE))),
        ("a scene", np.concatenate([flat(RED)[:90], flat(BLUE)[:60], flat((20, 120, 40))[:106]]).astype(np.uint8)),
    ],
)
def test_confidence_is_low_where_ground_and_subject_are_not_told_apart(name: str, pixels: np.ndarray) -> None:
    assert cut_out(pixels).confidence < 0.5, name


def test_subject_at_the_edge_costs_confidence_and_same_pixels_give_the_same() -> None:
    inside = laid(shape(disc()), RED, flat(PALE))
    touching = laid(shape(rectangle(0, 0.35, 0.6, 0.65)), RED, flat(PALE))
    assert cut_out(inside).confidence > cut_out(touching).confidence > 0.5
    assert np.array_equal(cut_out(touching).pixels_HWC, cut_out(touching).pixels_HWC)
