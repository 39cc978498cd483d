"""A drawn icon brought onto its keyline, and how well one lies on it. The same pixels give the same pixels."""

from dataclasses import dataclass
from math import hypot, sqrt

import numpy as np

from deployments.pixels.artwork import MIN_CONFIDENCE
from deployments.pixels.keylines import FILTER_PX, Keyline, extent_px, optical_centre, place
from deployments.pixels.light import over, resample, to_light, to_pixels
from deployments.pixels.matte import cut_out


@dataclass(frozen=True)
class Fit:
    fill: float  # 1: as large as the keyline wants, by area, or as its live area lets it
    offset: float  # of the optical centre from the anchor, share of the side
    outside: float  # share of the subject beyond the live area


def normalise(pixels_HWC: np.ndarray, keyline: Keyline) -> np.ndarray:
    """RGB, uint8, square; of the same size. A container is part of what is placed.

    What can't be told from its ground is left as it is.
    """
    cutout = cut_out(pixels_HWC)
    if cutout.confidence < MIN_CONFIDENCE:
        return pixels_HWC
    light_CHW = to_light(cutout.pixels_HWC)
    side_px = len(pixels_HWC)
    placed_CHW = resample(light_CHW, place(light_CHW[3], keyline), side_px, side_px)
    return over(to_pixels(placed_CHW), cutout.ground_HWC)


def fit(pixels_HWC: np.ndarray, keyline: Keyline) -> Fit | None:
    """Of RGB, uint8; None where there is no subject that can be told from its ground."""
    cutout = cut_out(pixels_HWC)
    if cutout.confidence < MIN_CONFIDENCE:
        return None
    alpha_HW = cutout.pixels_HWC[..., 3] / np.float32(255)
    side_px = min(alpha_HW.shape)
    x, y = optical_centre(alpha_HW)
    anchor_x, anchor_y = keyline.anchor
    reach = 2 * (extent_px(alpha_HW, keyline.live_shape) - FILTER_PX) / side_px
    return Fit(
        fill=max(sqrt(float(alpha_HW.sum())) / side_px / keyline.optical_side, reach / keyline.live_side),
        offset=hypot(x / side_px - anchor_x, y / side_px - anchor_y),
        outside=_outside(alpha_HW, keyline),
    )


def _outside(alpha_HW: np.ndarray, keyline: Keyline) -> float:
    height, width = alpha_HW.shape
    ys_HW, xs_HW = np.mgrid[0.5:height, 0.5:width]
    across_HW, down_HW = np.abs(xs_HW / width - keyline.anchor[0]), np.abs(ys_HW / height - keyline.anchor[1])
    far_HW = np.hypot(across_HW, down_HW) if keyline.live_shape == "circle" else np.maximum(across_HW, down_HW)
    return float(alpha_HW[far_HW > keyline.live_side / 2 + 0.5 / width].sum() / max(float(alpha_HW.sum()), 1e-6))
