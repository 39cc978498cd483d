"""Icons drawn so that the right answers are known: shapes with soft edges on grounds of every kind."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

SIDE_PX = 256
SUPERSAMPLING = 4
RED, WHITE, BLUE, PALE = (218, 38, 44), (253, 253, 253), (38, 96, 232), (224, 229, 237)

Pen = Callable[[ImageDraw.ImageDraw, float], None]  # draws with white; the number is the side in pixels


def shape(draw_with: Pen, side_px: int = SIDE_PX) -> np.ndarray:
    """Coverage of (side, side), float from 0 to 1."""
    large_px = side_px * SUPERSAMPLING
    mask = Image.new("L", (large_px, large_px))
    draw_with(ImageDraw.Draw(mask), large_px)
    return np.asarray(mask.resize((side_px, side_px), Image.Resampling.BOX)) / np.float32(255)


def disc(x: float = 0.5, y: float = 0.5, radius: float = 0.2) -> Pen:
    return lambda draw, side: draw.ellipse(_scaled(side, x - radius, y - radius, x + radius, y + radius), fill=255)


def rectangle(left: float, top: float, right: float, bottom: float, corner: float = 0) -> Pen:
    return lambda draw, side: draw.rounded_rectangle(
        _scaled(side, left, top, right, bottom), radius=corner * side, fill=255
    )


def triangle() -> Pen:
    """Point up, its base two thirds down the canvas."""
    return lambda draw, side: draw.polygon(_scaled(side, 0.5, 0.2, 0.75, 0.7, 0.25, 0.7), fill=255)


def combined(*pens: Pen) -> Pen:
    def draw_all(draw: ImageDraw.ImageDraw, side: float) -> None:
        for pen in pens:
            pen(draw, side)

    return draw_all


def flat(colour: tuple[int, int, int], side_px: int = SIDE_PX) -> np.ndarray:
    return np.full((side_px, side_px, 3), colour, np.float32)


def gradient(top: tuple[int, int, int], bottom: tuple[int, int, int], side_px: int = SIDE_PX) -> np.ndarray:
    share_H11 = np.linspace(0, 1, side_px, dtype=np.float32)[:, None, None]
    one_row = np.array(top, np.float32) * (1 - share_H11) + np.array(bottom, np.float32) * share_H11
    return np.broadcast_to(one_row, (side_px, side_px, 3)).copy()


def laid(coverage_HW: np.ndarray, colour: tuple[int, int, int], ground_HWC: np.ndarray) -> np.ndarray:
    """uint8, RGB."""
    mixed = np.array(colour) * coverage_HW[..., None] + ground_HWC * (1 - coverage_HW[..., None])
    return np.rint(mixed).astype(np.uint8)


def container_icon(glyph: Pen | None = None, side_px: int = SIDE_PX) -> np.ndarray:
    """A white glyph on a blue rounded square on a pale backdrop, as the starter model draws them."""
    square_HW = shape(rectangle(0.05, 0.05, 0.95, 0.95, corner=0.18), side_px)
    contained = laid(square_HW, BLUE, flat(PALE, side_px))
    return laid(shape(glyph or disc(), side_px), WHITE, contained.astype(np.float32))


def with_noise(pixels_HWC: np.ndarray, spread: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, spread, pixels_HWC.shape)
    return np.clip(np.rint(pixels_HWC + noise), 0, 255).astype(np.uint8)


def _scaled(side: float, *shares: float) -> list[float]:
    """Without the last pixel, which Pillow draws besides."""
    return [share * side - (0.5 if number > 1 else 0) for number, share in enumerate(shares)]
