"""An icon taken apart: a subject, the ground that it stands on, and the backdrop round a container, which goes."""

from dataclasses import dataclass

import numpy as np

from deployments.pixels.light import over
from deployments.pixels.matte import cut_out
from deployments.pixels.regions import shrink

MIN_CONFIDENCE = 0.6  # below, a picture is left whole
CONTAINER_SIDE = 0.75  # of the canvas, and more
CONTAINER_FILL = 0.7  # of its bounding box: a circle's is 0.79, a hexagon's 0.75
CONTAINER_ASPECT = 1.1
RIM_FROM, RIM_TO = 0.015, 0.04  # where inside a container its ground is looked at, shares of the canvas


@dataclass(frozen=True)
class Artwork:
    """With `is_picture` it could not be taken apart: the subject is then all of it, opaque."""

    subject_HWC: np.ndarray  # uint8, RGBA
    ground_HWC: np.ndarray  # uint8, RGB, over the whole canvas
    icon_HW: np.ndarray  # bool: what is the icon's own; without the backdrop
    confidence: float  # 0 to 1: that it is taken apart rightly
    is_picture: bool


def take_apart(pixels_HWC: np.ndarray) -> Artwork:
    """RGB or RGBA, uint8. What is transparent already is believed."""
    if pixels_HWC.shape[2] == 4:
        return _given(pixels_HWC)
    cutout = cut_out(pixels_HWC)
    if cutout.confidence < MIN_CONFIDENCE:
        return _picture(pixels_HWC, cutout.confidence)
    everywhere_HW = np.ones(pixels_HWC.shape[:2], bool)
    plain = Artwork(cutout.pixels_HWC, cutout.ground_HWC, everywhere_HW, cutout.confidence, is_picture=False)
    return _without_container(pixels_HWC, plain)


def bounds(shape_HW: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom; the last two are the first outside. The whole, where there is nothing."""
    height, width = shape_HW.shape
    ys, xs = np.nonzero(shape_HW)
    return (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1) if len(xs) else (0, 0, width, height)


def _given(pixels_HWC: np.ndarray) -> Artwork:
    """A logo on nothing stands on white."""
    white_HWC = np.full_like(pixels_HWC[..., :3], 255)
    shape_HW = pixels_HWC[..., 3] > 127
    if not shape_HW.any():
        return _picture(over(pixels_HWC, white_HWC), 0.0)
    plain = Artwork(pixels_HWC, white_HWC, np.ones_like(shape_HW), 1.0, is_picture=False)
    return _without_container(pixels_HWC[..., :3], plain)


def _without_container(pixels_HWC: np.ndarray, plain: Artwork) -> Artwork:
    """What is in the container on the container's ground, where `plain`'s subject is one with something in it.

    Holes in that are ground: they show the same ground wherever it is laid down again.
    """
    shape_HW = plain.subject_HWC[..., 3] > 127
    if not _is_container(shape_HW):
        return plain
    from_px, to_px = (max(1, round(share * min(shape_HW.shape))) for share in (RIM_FROM, RIM_TO))
    inner_HW = shrink(shape_HW, from_px)
    rim_HW = inner_HW & ~shrink(shape_HW, from_px + to_px)
    cutout = cut_out(pixels_HWC, rim_HW, is_connected=False)
    subject_HWC = np.where(inner_HW[..., None], cutout.pixels_HWC, 0)
    if not subject_HWC[..., 3].any():
        return plain
    confidence = plain.confidence * cutout.confidence
    if cutout.confidence < MIN_CONFIDENCE:
        filled_HWC = np.where(inner_HW[..., None], pixels_HWC, cutout.ground_HWC)
        left, top, right, bottom = bounds(shape_HW)
        return _picture(filled_HWC[top:bottom, left:right], confidence)
    return Artwork(subject_HWC, cutout.ground_HWC, shape_HW, round(confidence, 3), is_picture=False)


def _picture(pixels_HWC: np.ndarray, confidence: float) -> Artwork:
    height, width, _ = pixels_HWC.shape
    opaque_HWC = np.concatenate([pixels_HWC, np.full((height, width, 1), 255, np.uint8)], axis=2)
    return Artwork(opaque_HWC, pixels_HWC, np.ones((height, width), bool), round(confidence, 3), is_picture=True)


def _is_container(shape_HW: np.ndarray) -> bool:
    left, top, right, bottom = bounds(shape_HW)
    width, height = right - left, bottom - top
    fill = shape_HW[top:bottom, left:right].mean()
    is_large = min(width, height) >= CONTAINER_SIDE * min(shape_HW.shape)
    return bool(is_large and fill >= CONTAINER_FILL and max(width, height) <= CONTAINER_ASPECT * min(width, height))
