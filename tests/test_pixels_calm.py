"""Detail in a box beside the rest, where the right answer is known."""

import numpy as np
import pytest

from deployments.pixels.calm import detail
from tests.icons import gradient, with_noise

UPPER, LOGO = (0.0, 0.0, 1.0, 0.5), (0.25, 0.6, 0.5, 0.3)


def noisy(spread: float = 12) -> np.ndarray:
    return with_noise(gradient((40, 60, 90), (200, 210, 220)), spread)


def test_smooth_box_has_none_and_noise_all_over_has_as_much_as_outside() -> None:
    pixels = noisy()
    assert detail(pixels, UPPER) == pytest.approx(1, abs=0.2)
    pixels[:128] = gradient((40, 60, 90), (90, 100, 110))[:128]
    assert (detail(pixels, (0.0, 0.0, 1.0, 0.48)) or 0) < 0.01


def test_rounding_of_a_gradient_does_not_count_beside_soft_hills() -> None:
    pixels = gradient((40, 60, 90), (90, 100, 110))
    hills_HW = 20 * np.sin(np.arange(256) / 12)[None, :] + np.zeros((128, 1))
    pixels[128:] = np.clip(pixels[128:] + hills_HW[..., None], 0, 255)
    assert (detail(pixels.astype(np.uint8), (0.0, 0.0, 1.0, 0.48)) or 0) < 0.05


def test_busy_box_on_a_calm_ground_has_more_than_one() -> None:
    pixels = noisy(2)
    pixels[:128] = noisy(40)[:128]
    assert (detail(pixels, UPPER) or 0) > 3


def test_other_boxes_do_not_count_as_outside() -> None:
    pixels = noisy()
    pixels[154:230, 64:192] = 128
    alone, beside = detail(pixels, UPPER), detail(pixels, UPPER, (LOGO,))
    assert alone and beside and beside < alone


def test_nothing_is_said_without_an_outside_or_without_detail() -> None:
    assert detail(noisy(), (0, 0, 1, 1)) is None
    assert detail(np.full((64, 64, 3), 90, np.uint8), UPPER) is None
    assert detail(noisy(), (0.5, 0.5, 1e-6, 1e-6)) is None
