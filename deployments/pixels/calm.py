"""How calm the parts of a picture are that text or a logo is to be laid over, measured from its pixels alone."""

import numpy as np

from deployments.pixels.colour import to_lab
from deployments.schemas import Box


def detail(pixels_HWC: np.ndarray, box: Box, others: tuple[Box, ...] = ()) -> float | None:
    """Detail in the box beside that outside of it and of the others: 0 is a smooth surface, 1 as busy as the rest.

    Detail is the mean difference of lightness (CIELAB) between a pixel and those right of it and below. None where
    there is nothing outside, or no detail.
    """
    lightness_HW = to_lab(pixels_HWC[..., :3])[..., 0]
    beside_HW = np.abs(np.diff(lightness_HW, axis=1))[:-1]
    below_HW = np.abs(np.diff(lightness_HW, axis=0))[:, :-1]
    detail_HW = np.maximum(beside_HW, below_HW)
    is_outside_HW = np.ones(detail_HW.shape, bool)
    for one in (box, *others):
        is_outside_HW[_slices(one, detail_HW.shape)] = False
    inside_HW = detail_HW[_slices(box, detail_HW.shape)]
    outside = float(detail_HW[is_outside_HW].mean()) if is_outside_HW.any() else 0.0
    return float(inside_HW.mean()) / outside if inside_HW.size and outside else None


def _slices(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top, width, height = box
    num_rows, num_columns = shape
    rows = slice(round(top * num_rows), round((top + height) * num_rows))
    return rows, slice(round(left * num_columns), round((left + width) * num_columns))
