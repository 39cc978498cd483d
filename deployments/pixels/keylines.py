"""Where a subject belongs on a canvas: templates as data, and the one way into them."""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from deployments.pixels.light import Box

SEEN = 0.02  # alpha from which a pixel counts as the subject's
FILTER_PX = 1.0  # how far an edge is spread where a subject is made larger


@dataclass(frozen=True)
class Keyline:
    """Shares of the canvas' side.

    Material's keylines give circle, square and both rectangles one area, 18/24 of the canvas squared: shapes of
    equal area look equally large. So is each subject scaled to `optical_side`, the side of a square of its area, unless
    it would leave the live area.
    """

    live_shape: Literal["circle", "square"]
    live_side: float  # its diameter or side: nothing of the subject lies outside
    optical_side: float
    anchor: tuple[float, float] = (0.5, 0.5)  # where the subject's optical centre comes to lie: x, y


FULL_BLEED = Keyline("square", live_side=0.74, optical_side=0.5)  # iOS masks the corners itself
ADAPTIVE = Keyline("circle", live_side=60 / 108, optical_side=0.36)  # Android never masks 66 of 108 dp; some air within
MASKABLE = Keyline("circle", live_side=0.8, optical_side=0.48)  # the Web App Manifest's safe zone
SMALL = Keyline("square", live_side=0.84, optical_side=0.66)  # a favicon has no pixel to give away


def optical_centre(alpha_HW: np.ndarray) -> tuple[float, float]:
    """x and y in pixels, halfway between the centre of the weight and that of the bounding box.

    The first alone sets a triangle too far to its point, the second too far to its base.
    """
    total = float(alpha_HW.sum())
    if total == 0:
        return alpha_HW.shape[1] / 2, alpha_HW.shape[0] / 2
    ys, xs = np.nonzero(alpha_HW > SEEN)
    x, y = (
        (float((line @ (np.arange(len(line)) + 0.5)) / total) + (float(found.min() + found.max() + 1) / 2)) / 2
        for line, found in ((alpha_HW.sum(axis=0), xs), (alpha_HW.sum(axis=1), ys))
    )
    return x, y


def place(alpha_HW: np.ndarray, keyline: Keyline) -> Box:
    """The square box of the subject's own picture that becomes the canvas."""
    x, y = optical_centre(alpha_HW)
    side_px = sqrt(float(alpha_HW.sum())) / keyline.optical_side
    side_px = max(side_px, 2 * extent_px(alpha_HW, keyline.live_shape) / keyline.live_side, 1)
    left, top = x - keyline.anchor[0] * side_px, y - keyline.anchor[1] * side_px
    return left, top, left + side_px, top + side_px


def extent_px(alpha_HW: np.ndarray, live_shape: Literal["circle", "square"]) -> float:
    """How far the subject reaches from its optical centre, to the far corners of its pixels and what a filter adds."""
    x, y = optical_centre(alpha_HW)
    ys, xs = np.nonzero(alpha_HW > SEEN)
    if not len(xs):
        return 0.0
    across, down = np.abs(xs + 0.5 - x) + 0.5 + FILTER_PX, np.abs(ys + 0.5 - y) + 0.5 + FILTER_PX
    return float((np.hypot(across, down) if live_shape == "circle" else np.maximum(across, down)).max())
