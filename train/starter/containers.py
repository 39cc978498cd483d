"""The shapes an icon's background can have, as alpha masks of the whole canvas."""

from functools import cache
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw

CANVAS_PX = 256
CONTAINERS = ("rounded square", "circle", "squircle", "hexagon", "none")
SUPERSAMPLING = 4
CORNER = 0.2  # radius of the rounded square's corners, of its side
SQUIRCLE_POWER = 3.0  # |x|^n + |y|^n <= 1: between the circle (2) and the rounded square


@cache
def container_mask(container: str, margin_px: int) -> Image.Image:
    """255 inside; the shape leaves `margin_px` to the canvas' edge. "none" is the whole canvas."""
    if container == "none":
        return Image.new("L", (CANVAS_PX, CANVAS_PX), 255)
    size = CANVAS_PX * SUPERSAMPLING
    low, high = margin_px * SUPERSAMPLING, size - margin_px * SUPERSAMPLING - 1
    mask = Image.new("L", (size, size))
    draw = ImageDraw.Draw(mask)
    if container == "rounded square":
        draw.rounded_rectangle((low, low, high, high), radius=CORNER * (high - low), fill=255)
    elif container == "circle":
        draw.ellipse((low, low, high, high), fill=255)
    elif container == "squircle":
        mask = Image.fromarray(_squircle(size, (high - low) / 2))
    else:
        _draw_hexagon(draw, size / 2, (high - low) / 2)
    return mask.resize((CANVAS_PX, CANVAS_PX), Image.Resampling.BOX)


def _squircle(size: int, radius: float) -> np.ndarray:
    distance = np.abs(np.arange(size) + 0.5 - size / 2) / radius
    power = distance**SQUIRCLE_POWER
    return np.where(power[:, None] + power[None, :] <= 1, np.uint8(255), np.uint8(0))


def _draw_hexagon(draw: ImageDraw.ImageDraw, centre: float, radius: float) -> None:
    """Point up, its corners rounded by a pen that runs along a smaller hexagon."""
    pen = radius * 0.12
    angles = [pi / 6 + pi / 3 * corner for corner in range(6)]
    reach = radius - pen
    corners = [(centre + reach * cos(angle), centre + reach * sin(angle)) for angle in angles]
    draw.polygon(corners, fill=255)
    for (x, y), (next_x, next_y) in zip(corners, corners[1:] + corners[:1], strict=True):
        draw.line((x, y, next_x, next_y), fill=255, width=round(2 * pen))
        draw.ellipse((x - pen, y - pen, x + pen, y + pen), fill=255)
