"""A picture on a larger canvas: what is round it is to be drawn, and blends into it over a feather."""

import numpy as np
from PIL import Image, ImageFilter

from deployments.schemas import Expansion

FEATHER = 1 / 16  # of the picture's shorter side: so far into it, from a side that grows
BLUR = 1 / 24  # of the canvas' shorter side


def grow(image: Image.Image, by: Expansion) -> tuple[Image.Image, Image.Image]:
    """The canvas, RGB, and its mask, grey: white is drawn anew, black is kept.

    Its edge goes on outside, softly: what is drawn begins with the colours that it has to meet.
    """
    sides = (by.top_px, by.bottom_px), (by.left_px, by.right_px)
    canvas = Image.fromarray(np.pad(np.asarray(image.convert("RGB")), (*sides, (0, 0)), mode="edge"))
    soft = canvas.filter(ImageFilter.GaussianBlur(BLUR * min(canvas.size)))
    soft.paste(image, (by.left_px, by.top_px))
    return soft, Image.fromarray(np.pad(_feather_HW(image, by), sides, constant_values=255))


def _feather_HW(image: Image.Image, by: Expansion) -> np.ndarray:
    """Within the picture: from white at a side that grows to black."""
    width, height = image.size
    reach_px = max(1.0, FEATHER * min(width, height))
    ramps_W, ramps_H = (
        np.maximum(_ramp(length, reach_px) * (before > 0), _ramp(length, reach_px)[::-1] * (after > 0))
        for length, before, after in ((width, by.left_px, by.right_px), (height, by.top_px, by.bottom_px))
    )
    return np.asarray(np.rint(255 * np.maximum(ramps_W[None], ramps_H[:, None])), np.uint8)


def _ramp(length_px: int, reach_px: float) -> np.ndarray:
    return np.asarray(np.clip(1 - (np.arange(length_px) + 0.5) / reach_px, 0, 1))
