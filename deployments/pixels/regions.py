"""Sets of pixels, as bool of (height, width)."""

import numpy as np


def border(height: int, width: int, share: float) -> np.ndarray:
    """The outermost pixels, as thick as `share` of the shorter side."""
    thick_px = max(2, round(share * min(height, width)))
    region_HW = np.ones((height, width), bool)
    region_HW[thick_px:-thick_px, thick_px:-thick_px] = False
    return region_HW


def grow(region_HW: np.ndarray, num_px: int) -> np.ndarray:
    """With all that is `num_px` steps away or less, along rows and columns."""
    for _ in range(num_px):
        wider_HW = region_HW.copy()
        wider_HW[1:] |= region_HW[:-1]
        wider_HW[:-1] |= region_HW[1:]
        wider_HW[:, 1:] |= region_HW[:, :-1]
        wider_HW[:, :-1] |= region_HW[:, 1:]
        region_HW = wider_HW
    return region_HW


def shrink(region_HW: np.ndarray, num_px: int) -> np.ndarray:
    """Without what is near its edge; the picture's own edge is one."""
    padded_HW = np.pad(region_HW, num_px)
    inner_HW = ~grow(~padded_HW, num_px)
    return np.asarray(inner_HW[num_px:-num_px, num_px:-num_px])


def reach(start_HW: np.ndarray, through_HW: np.ndarray) -> np.ndarray:
    """Those of `through_HW` that are connected with `start_HW`, along rows and columns.

    Each sweep carries the region on in all four directions as far as a straight line goes; few are needed.
    """
    reached_HW = start_HW & through_HW
    count = -1
    while count != (count := int(reached_HW.sum())):
        for lines, open_lines in ((reached_HW, through_HW), (reached_HW.T, through_HW.T)):
            _carry(lines, open_lines)
            _carry(lines[::-1], open_lines[::-1])
    return np.asarray(reached_HW)


def _carry(lines: np.ndarray, open_lines: np.ndarray) -> None:
    for index in range(1, len(lines)):
        lines[index] |= lines[index - 1] & open_lines[index]
