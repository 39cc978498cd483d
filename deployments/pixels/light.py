"""Pictures as linear light, premultiplied: the form in which pixels may be averaged without dark rims or halos."""

import numpy as np
from PIL import Image

from deployments.pixels.colour import to_linear, to_srgb

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels; may reach beyond the picture


def to_light(pixels_HWC: np.ndarray) -> np.ndarray:
    """From RGB or RGBA, uint8; float32 of four channels, each a whole plane as resampling wants it."""
    height, width, num_channels = pixels_HWC.shape
    light_CHW = np.ones((4, height, width), np.float32)
    if num_channels == 4:
        light_CHW[3] = pixels_HWC[..., 3] / np.float32(255)
    linear_256 = to_linear(np.arange(256))  # there are no other values
    light_CHW[:3] = np.moveaxis(linear_256[pixels_HWC[..., :3]], -1, 0) * light_CHW[3]
    return light_CHW


def to_pixels(light_CHW: np.ndarray) -> np.ndarray:
    """RGBA, uint8, not premultiplied; channels last again."""
    alpha_HW = np.clip(light_CHW[3], 0, 1)
    colours_CHW = to_srgb(light_CHW[:3] / np.maximum(alpha_HW, 1e-4))
    return np.moveaxis(np.rint([*colours_CHW, 255 * alpha_HW]).astype(np.uint8), 0, -1).copy()


def resample(light_CHW: np.ndarray, box: Box, width_px: int, height_px: int) -> np.ndarray:
    """What is in the box at another size; beyond the picture there is nothing, alpha nought.

    Hamming's filter makes smaller: it averages as sharply as a bicubic one and, unlike that, draws no dark line round
    white; bicubic makes larger.
    """
    light_CHW, box = _padded(light_CHW, box)
    is_smaller = box[2] - box[0] > width_px
    resampling = Image.Resampling.HAMMING if is_smaller else Image.Resampling.BICUBIC
    planes = [Image.fromarray(plane_HW).resize((width_px, height_px), resampling, box) for plane_HW in light_CHW]
    return np.stack([np.asarray(plane) for plane in planes])


def scaled(pixels_HWC: np.ndarray, width_px: int, height_px: int) -> np.ndarray:
    """The whole picture at another size; RGBA, uint8."""
    height, width = pixels_HWC.shape[:2]
    return to_pixels(resample(to_light(pixels_HWC), (0, 0, width, height), width_px, height_px))


def over(top_HWC: np.ndarray, ground_HWC: np.ndarray) -> np.ndarray:
    """RGBA laid over RGB, in sRGB as phones and browsers do it; RGB, uint8."""
    alpha_HW1 = top_HWC[..., 3:] / np.float32(255)
    mixed_HWC = top_HWC[..., :3] * alpha_HW1 + ground_HWC[..., :3] * (1 - alpha_HW1)
    return np.rint(mixed_HWC).astype(np.uint8)


def _padded(light_CHW: np.ndarray, box: Box) -> tuple[np.ndarray, Box]:
    _, height, width = light_CHW.shape
    before_x, before_y = (max(0, int(np.ceil(-start))) for start in box[:2])
    after_x, after_y = max(0, int(np.ceil(box[2] - width))), max(0, int(np.ceil(box[3] - height)))
    if before_x or before_y or after_x or after_y:
        light_CHW = np.pad(light_CHW, ((0, 0), (before_y, after_y), (before_x, after_x)))
    return light_CHW, (box[0] + before_x, box[1] + before_y, box[2] + before_x, box[3] + before_y)
