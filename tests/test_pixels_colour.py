"""Colours against published figures."""

import numpy as np
import pytest

from deployments.pixels.colour import contrast, delta_e, luminance, to_lab, to_linear, to_srgb


@pytest.mark.parametrize(
    ("lab_a", "lab_b", "difference"),
    [  # from table 1 of Sharma, Wu and Dalal (2005): blues, both sides of a hue of 180 degrees, greys, large ones
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (58, 24, 15), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_is_the_published_one(lab_a: tuple[float, ...], lab_b: tuple[float, ...], difference: float) -> None:
    a, b = np.array(lab_a), np.array(lab_b)
    assert float(delta_e(a, b)) == pytest.approx(difference, abs=1e-4)
    assert float(delta_e(b, a)) == pytest.approx(difference, abs=1e-4)


def test_lab_of_the_primaries_is_known() -> None:
    lab = to_lab(np.array([[255, 0, 0], [0, 0, 255], [255, 255, 255]], np.uint8))
    assert np.allclose(lab, [[53.24, 80.09, 67.20], [32.30, 79.19, -107.86], [100, 0, 0]], atol=0.02)


def test_contrast_is_wcags() -> None:
    black, grey, white = luminance(np.array([[0, 0, 0], [118, 118, 118], [255, 255, 255]], np.uint8))
    assert float(contrast(black, white)) == pytest.approx(21)
    assert float(contrast(white, grey)) == pytest.approx(4.54, abs=0.01)  # the lightest grey that passes AA on white


def test_light_and_back_is_the_same_for_every_value() -> None:
    values = np.arange(256, dtype=np.uint8)
    assert np.array_equal(np.rint(to_srgb(to_linear(values))).astype(np.uint8), values)
