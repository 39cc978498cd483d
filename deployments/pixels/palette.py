"""An icon in the colours of a palette and no others, but for its soft edges. The same pixels give the same pixels.

Colours are matched in OKLab (Ottosson 2020), where equal distances look about equal.
"""

import numpy as np
from PIL import Image

from deployments.pixels.colour import to_linear
from deployments.pixels.regions import grow

SUPERSAMPLING = 3
EDGE = 0.03  # OKLab, from pixel to pixel: more is an edge, whose colours are mixed
REACH_PX = 3  # from an edge to the surfaces whose colours it mixes
_TO_LMS_33 = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]], np.float32,
)  # fmt: skip
_TO_OKLAB_33 = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]], np.float32,
)  # fmt: skip


def to_oklab(srgb: np.ndarray) -> np.ndarray:
    """From sRGB of 0 to 255, in the last axis."""
    return np.asarray(np.cbrt(to_linear(srgb) @ _TO_LMS_33.T) @ _TO_OKLAB_33.T)


def lock(pixels_HWC: np.ndarray, palette_K3: np.ndarray) -> np.ndarray:
    """RGB, uint8. Edges are drawn anew between palette colours, out of those of the surfaces that meet there.

    Else an edge from white to green would run through a pale green that the palette has for something else.
    """
    oklab_HW3, oklab_K3 = to_oklab(pixels_HWC), to_oklab(palette_K3)
    nearest_HW = nearest(oklab_HW3, oklab_K3)
    solid_HW = ~edges(oklab_HW3)
    locked_HWC = palette_K3[nearest_HW].astype(np.uint8)
    edge_HW = ~solid_HW
    near_NK = np.stack([grow(solid_HW & (nearest_HW == k), REACH_PX)[edge_HW] for k in range(len(palette_K3))], axis=-1)
    near_NK |= ~near_NK.any(axis=-1, keepdims=True)  # far from any surface, all may be it
    far_NSK = _distances(to_oklab(_supersampled(pixels_HWC)[edge_HW]), oklab_K3)
    far_NSK = np.where(near_NK[:, None], far_NSK, np.inf)
    locked_HWC[edge_HW] = np.rint(palette_K3[far_NSK.argmin(axis=-1)].mean(axis=1)).astype(np.uint8)
    return np.asarray(locked_HWC)


def _supersampled(pixels_HWC: np.ndarray) -> np.ndarray:
    """(height, width, samples of a pixel, 3)."""
    height, width, _ = pixels_HWC.shape
    size = width * SUPERSAMPLING, height * SUPERSAMPLING
    large = np.asarray(Image.fromarray(pixels_HWC).resize(size, Image.Resampling.BICUBIC))
    squares = large.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING, 3).transpose(0, 2, 1, 3, 4)
    return squares.reshape(height, width, SUPERSAMPLING**2, 3)


def nearest(oklab: np.ndarray, oklab_K3: np.ndarray) -> np.ndarray:
    """The index of the colour; one axis less."""
    return np.asarray(_distances(oklab, oklab_K3).argmin(axis=-1))


def _distances(oklab: np.ndarray, oklab_K3: np.ndarray) -> np.ndarray:
    """Squared; one for each colour, in the last axis."""
    return np.stack([((oklab - colour_3) ** 2).sum(axis=-1) for colour_3 in oklab_K3], axis=-1)


def edges(oklab_HW3: np.ndarray) -> np.ndarray:
    """Pixels beside a step, on either side."""
    across_HW, down_HW = (np.zeros(oklab_HW3.shape[:2], bool) for _ in range(2))
    across_HW[:, 1:] = np.linalg.norm(np.diff(oklab_HW3, axis=1), axis=-1) > EDGE
    down_HW[1:] = np.linalg.norm(np.diff(oklab_HW3, axis=0), axis=-1) > EDGE
    across_HW[:, :-1] |= across_HW[:, 1:]
    down_HW[:-1] |= down_HW[1:]
    edges_HW: np.ndarray = across_HW | down_HW
    return edges_HW
