"""How calm the parts of a picture are that text or a logo is to be laid over, measured from its pixels alone."""

from math import ceil

import numpy as np

from deployments.pixels.colour import to_lab
from deployments.schemas import Box

WORKED_PX = 176
ONE_LEVEL = 100 / 255  # of lightness: what rounding to eight bits makes of an even gradient


def detail(pixels_HWC: np.ndarray, box: Box, others: tuple[Box, ...] = ()) -> float | None:
    """Detail in the box beside that outside of it and of the others: 0 is a smooth surface, 1 as busy as the rest.

    Detail is how much more than by one level of 255 lightness (CIELAB) bends from pixel to pixel, across or down: an
    even gradient has none, rounded or not. None where there is nothing outside, or no detail.
    """
    lightness_HW = _averaged(to_lab(pixels_HWC[..., :3])[..., 0])
    across_HW, down_HW = (np.abs(np.diff(lightness_HW, n=2, axis=axis)) for axis in (1, 0))
    detail_HW = (np.maximum(across_HW[1:-1], down_HW[:, 1:-1]) - ONE_LEVEL).clip(min=0)
    is_outside_HW = np.ones(detail_HW.shape, bool)
    for one in (box, *others):
        is_outside_HW[_slices(one, detail_HW.shape)] = False
    inside_HW = detail_HW[_slices(box, detail_HW.shape)]
    outside = float(detail_HW[is_outside_HW].mean()) if is_outside_HW.any() else 0.0
    return float(inside_HW.mean()) / outside if inside_HW.size and outside else None


def _averaged(lightness_HW: np.ndarray) -> np.ndarray:
    """Over squares, so that the longer side has at most WORKED_PX."""
    height, width = lightness_HW.shape
    side = ceil(max(height, width) / WORKED_PX)
    rows, columns = height // side, width // side
    squares = lightness_HW[: rows * side, : columns * side].reshape(rows, side, columns, side)
    averaged: np.ndarray = squares.mean(axis=(1, 3))
    return averaged


def _slices(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, width, height = box
    num_rows, num_columns = shape
    rows = slice(round(top * num_rows), round((top + height) * num_rows))
    return rows, slice(round(left * num_columns), round((left + width) * num_columns))
