"""How much of a style image a picture has taken on: its colours, which are wanted, and its drawing, mostly not.

From the pixels alone. Texture (the spread of gradients at three scales) was tried as a part of style, and left out:
with the starter model it hardly moved with the strength of a style image.
"""

from math import exp

import numpy as np
from PIL import Image

from deployments.pixels.palette import to_oklab
from deployments.schemas import Box

WORKED_PX = 128  # a side; what is looked at is brought to it
NUM_DIRECTIONS = 32  # through OKLab, along which colours are compared
DISTANCE_SEEN = 0.1  # OKLab: two palettes that far apart have a similarity of 0.37
NUM_CELLS = 16  # a side, of the edges' histograms
NUM_ANGLES = 8  # of half a turn: light on dark is drawn as dark on light


def style_similarity(pixels_HWC: np.ndarray, reference_HWC: np.ndarray) -> float:
    """Of the colours and how much there is of each, wherever they lie: 1 the same, towards 0 the farther apart.

    By the sliced Wasserstein distance in OKLab: how far, on average, colour has to be moved to make one the other.
    """
    one_ND, other_ND = (
        np.sort(_oklab(one).reshape(-1, 3) @ _directions_3D(), axis=0) for one in (pixels_HWC, reference_HWC)
    )
    return exp(-float(np.abs(one_ND - other_ND).mean()) / DISTANCE_SEEN)


def leakage(pixels_HWC: np.ndarray, reference_HWC: np.ndarray) -> float:
    """How alike they are drawn: correlation of their edges, by place and direction; 1 the same, 0 nothing in common.

    Colours do not count. Pictures of one kind have something in common by chance: icons about 0.2.
    """
    one, other = (_edges(picture) for picture in (pixels_HWC, reference_HWC))
    product = float(np.sqrt((one * one).sum() * (other * other).sum()))
    return max(0.0, float((one * other).sum()) / product) if product else 0.0


def _oklab(pixels_HWC: np.ndarray) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(pixels_HWC[..., :3], np.uint8))
    return to_oklab(np.asarray(image.resize((WORKED_PX, WORKED_PX), Image.Resampling.BOX)))


def _directions_3D() -> np.ndarray:
    """Unit vectors, spread evenly over half a sphere: Fibonacci's lattice."""
    index_D = np.arange(NUM_DIRECTIONS) + 0.5
    z_D, turn_D = index_D / NUM_DIRECTIONS, np.pi * (1 + 5**0.5) * index_D
    radius_D = np.sqrt(1 - z_D**2)
    return np.stack([radius_D * np.cos(turn_D), radius_D * np.sin(turn_D), z_D])


def _edges(pixels_HWC: np.ndarray) -> np.ndarray:
    """How much lightness changes in each cell, by direction; square roots, less their mean."""
    down_HW, right_HW = np.gradient(_oklab(pixels_HWC)[..., 0])
    angle_HW = (np.arctan2(down_HW, right_HW) % np.pi / np.pi * NUM_ANGLES).astype(int) % NUM_ANGLES
    cell_W = np.arange(WORKED_PX) * NUM_CELLS // WORKED_PX
    edges = np.zeros((NUM_CELLS, NUM_CELLS, NUM_ANGLES))
    np.add.at(edges, (cell_W[:, None], cell_W[None], angle_HW), np.hypot(down_HW, right_HW))
    edges = np.sqrt(edges)
    return np.asarray(edges - edges.mean())


def part_of(pixels_HWC: np.ndarray, box: Box) -> np.ndarray:
    """A pixel at least."""
    (left, top, width, height), (rows, columns) = box, pixels_HWC.shape[:2]
    first_row, first_column = min(int(top * rows), rows - 1), min(int(left * columns), columns - 1)
    last_row, last_column = round((top + height) * rows), round((left + width) * columns)
    return pixels_HWC[first_row : max(last_row, first_row + 1), first_column : max(last_column, first_column + 1)]


def middle_of(pixels_HWC: np.ndarray) -> np.ndarray:
    """The square that is seen of a style image."""
    height, width = pixels_HWC.shape[:2]
    side_px = min(height, width)
    top, left = (height - side_px) // 2, (width - side_px) // 2
    return pixels_HWC[top : top + side_px, left : left + side_px]
