"""Pictures made smaller and larger: in light, not in numbers, and without a rim."""

import numpy as np
import pytest

from deployments.pixels.light import over, resample, scaled, to_light, to_pixels
from tests.icons import BLUE, RED, disc, flat, laid, shape


def test_black_and_white_in_turn_become_the_grey_of_half_the_light() -> None:
    rows, columns = np.mgrid[:64, :64]
    chequered = np.where((rows + columns)[..., None] % 2, 255, 0).astype(np.uint8).repeat(3, axis=2)
    middle = scaled(chequered, 16, 16)[4:-4, 4:-4, :3].astype(int)
    assert np.abs(middle - 188).max() <= 1  # 128 has a fifth of white's light


def test_subject_made_smaller_keeps_its_own_colour_to_the_edge() -> None:
    red = np.broadcast_to(np.array(RED, np.uint8), (256, 256, 3))
    cut_out = np.concatenate([red, np.rint(255 * shape(disc()))[..., None].astype(np.uint8)], axis=2)
    cut_out[cut_out[..., 3] == 0] = 0  # black under the transparent: what a careless mean would mix in
    small = scaled(cut_out, 24, 24).reshape(-1, 4).astype(int)
    assert np.abs(small[small[:, 3] > 16, :3] - RED).max() <= 3


def test_nothing_rings_round_white_on_black() -> None:
    small = scaled(laid(shape(disc()), (255, 255, 255), flat((64, 64, 64))), 32, 32)[..., 0]
    assert small.min() >= 63


def test_box_beyond_the_picture_is_transparent_there() -> None:
    light = to_light(flat(RED, 8).astype(np.uint8))
    pixels = to_pixels(resample(light, (-8, 0, 8, 8), 16, 8))
    assert pixels[4, 2, 3] == 0 and pixels[4, 13].tolist() == [*RED, 255]


@pytest.mark.parametrize("side_px", [8, 64, 100])
def test_flat_stays_flat_at_any_size(side_px: int) -> None:
    resized = scaled(flat(BLUE, 32).astype(np.uint8), side_px, side_px)
    assert resized.shape == (side_px, side_px, 4) and set(map(tuple, resized.reshape(-1, 4).tolist())) == {(*BLUE, 255)}


def test_half_transparent_is_laid_over_as_browsers_do() -> None:
    top = np.array([[[200, 100, 0, 128]]], np.uint8)
    assert over(top, np.array([[[0, 0, 100]]], np.uint8)).tolist() == [[[100, 50, 50]]]
