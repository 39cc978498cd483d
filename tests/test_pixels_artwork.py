"""Icons taken apart into subject and ground, or left whole."""

import numpy as np
import pytest
from PIL import ImageDraw

from deployments.pixels.artwork import take_apart
from deployments.pixels.light import over
from tests.icons import (
    BLUE,
    PALE,
    RED,
    WHITE,
    Pen,
    container_icon,
    disc,
    flat,
    gradient,
    laid,
    rectangle,
    shape,
    with_noise,
)


@pytest.mark.parametrize("container", [disc(radius=0.45), rectangle(0.05, 0.05, 0.95, 0.95, corner=0.2)])
@pytest.mark.parametrize("ground", [flat(BLUE), gradient((240, 120, 20), (160, 20, 60))])
def test_container_goes_and_its_ground_reaches_the_corners(container: Pen, ground: np.ndarray) -> None:
    container_HW = shape(container)
    contained = laid(shape(disc()), WHITE, ground)
    pixels = np.rint(contained * container_HW[..., None] + flat(PALE) * (1 - container_HW[..., None])).astype(np.uint8)
    artwork = take_apart(pixels)
    assert not artwork.is_picture and artwork.confidence > 0.9
    assert np.abs(artwork.subject_HWC[..., 3] / 255 - shape(disc())).max() < 0.12
    assert np.abs(artwork.ground_HWC[shape(disc(radius=0.44)) > 0] - ground[shape(disc(radius=0.44)) > 0]).max() < 5
    corner = artwork.ground_HWC[0, 0].astype(float)
    assert np.abs(corner - ground[0, 0]).max() < 25  # continued, and not the backdrop
    inside_HW = artwork.icon_HW & (shape(container) > 0.99)
    assert np.abs(over(artwork.subject_HWC, artwork.ground_HWC)[inside_HW] - pixels[inside_HW].astype(int)).mean() < 1


def test_subject_without_container_stands_on_the_canvas() -> None:
    artwork = take_apart(laid(shape(disc()), RED, flat(BLUE)))
    assert artwork.icon_HW.all() and np.abs(artwork.ground_HWC - flat(BLUE)).max() <= 1


def test_large_disc_with_nothing_in_it_is_the_subject() -> None:
    artwork = take_apart(laid(shape(disc(radius=0.42)), RED, flat(WHITE)))
    assert not artwork.is_picture and np.abs(artwork.ground_HWC - flat(WHITE)).max() <= 1
    assert np.abs(artwork.subject_HWC[..., 3] / 255 - shape(disc(radius=0.42))).max() < 0.12


def test_transparency_that_is_there_is_believed() -> None:
    alpha = np.rint(255 * shape(disc()))[..., None]
    logo = np.concatenate([flat(RED), alpha], axis=2).astype(np.uint8)
    artwork = take_apart(logo)
    assert np.array_equal(artwork.subject_HWC, logo) and artwork.ground_HWC.min() == 255 and artwork.confidence == 1


def test_container_with_a_picture_in_it_loses_its_backdrop_only() -> None:
    square_HW = shape(rectangle(0.06, 0.06, 0.94, 0.94, corner=0.2))
    busy = with_noise(gradient(RED, BLUE), spread=60).astype(np.float32)
    pixels = np.rint(busy * square_HW[..., None] + flat(PALE) * (1 - square_HW[..., None])).astype(np.uint8)
    artwork = take_apart(pixels)
    assert artwork.is_picture and artwork.subject_HWC[..., 3].min() == 255
    side_px = artwork.subject_HWC.shape[0]
    assert side_px == pytest.approx(0.88 * 256, abs=2)
    assert np.abs(artwork.subject_HWC[2, 2, :3].astype(int) - PALE).max() > 40  # no corner of the backdrop


def test_noise_and_nothing_are_pictures() -> None:
    for pixels in (with_noise(flat(RED), spread=60), flat(RED).astype(np.uint8), np.zeros((64, 64, 4), np.uint8)):
        artwork = take_apart(pixels)
        assert artwork.is_picture and artwork.confidence < 0.5


def test_glyph_keeps_its_hole() -> None:
    def ring(draw: ImageDraw.ImageDraw, side: float) -> None:
        box = [0.3 * side, 0.3 * side, 0.7 * side, 0.7 * side]
        draw.ellipse(box, outline=255, width=round(0.08 * side))

    artwork = take_apart(container_icon(ring))
    assert artwork.subject_HWC[128, 128, 3] == 0 and artwork.subject_HWC[128, 128 - 40, 3] == 255
