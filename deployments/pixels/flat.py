"""A picture in a few flat colours: which those are, and which each pixel has. Nothing is random.

Distances are in OKLab.
"""

import numpy as np
from PIL import Image

from deployments.pixels.palette import edges, nearest, to_oklab
from deployments.pixels.regions import grow

MAX_COLOURS = 8
CLOSE = 0.075  # two colours nearer than this are one
MIN_SHARE = 0.004  # of the picture, from which a colour counts
REACH_PX = 4  # from an edge to the surfaces whose colours it mixes
NUM_ROUNDS = 4
STEP_PX = 6  # to either side of an outline, where its step is looked for
MAX_LOOKED_AT = 40_000  # pixels; more change nothing


def flat_palette(pixels_HWC: np.ndarray) -> np.ndarray:
    """[K, 3], uint8, at most MAX_COLOURS: those of the picture's surfaces, the largest first; its edges aside."""
    solid_HW = ~edges(to_oklab(pixels_HWC))
    pixels_N3 = pixels_HWC[solid_HW] if solid_HW.any() else pixels_HWC.reshape(-1, 3)
    pixels_N3 = pixels_N3[:: -(-len(pixels_N3) // MAX_LOOKED_AT)]
    reduced = Image.fromarray(pixels_N3[None]).quantize(2 * MAX_COLOURS, Image.Quantize.MEDIANCUT)
    colours_K3 = np.array(reduced.getpalette(), np.float64).reshape(-1, 3)[: 2 * MAX_COLOURS]
    for _ in range(NUM_ROUNDS):
        labels_N = nearest(to_oklab(pixels_N3), to_oklab(colours_K3))
        shares_K = np.bincount(labels_N, minlength=len(colours_K3)) / len(labels_N)
        means = [pixels_N3[labels_N == k].mean(axis=0) for k in np.argsort(-shares_K) if shares_K[k] >= MIN_SHARE]
        colours_K3 = _apart(np.array(means))
    return np.asarray(np.rint(colours_K3), np.uint8)


def _apart(colours_K3: np.ndarray) -> np.ndarray:
    """Without those that are close to one before them."""
    kept: list[np.ndarray] = []
    for colour_3 in colours_K3:
        if all(np.linalg.norm(to_oklab(colour_3) - to_oklab(one)) >= CLOSE for one in kept):
            kept.append(colour_3)
    return np.array(kept[:MAX_COLOURS])


def flatten(pixels_HWC: np.ndarray, palette_K3: np.ndarray) -> np.ndarray:
    """RGB, uint8, of those colours alone: at an edge one of the surfaces that meet there, and no third between them."""
    oklab_HW3, oklab_K3 = to_oklab(pixels_HWC), to_oklab(palette_K3)
    labels_HW = nearest(oklab_HW3, oklab_K3)
    edge_HW = edges(oklab_HW3)
    near_HWK = np.stack([grow(~edge_HW & (labels_HW == k), REACH_PX) for k in range(len(palette_K3))], axis=-1)
    near_HWK |= ~near_HWK.any(axis=-1, keepdims=True)
    far_NK = np.linalg.norm(oklab_HW3[edge_HW][:, None] - oklab_K3[None], axis=-1)
    labels_HW[edge_HW] = np.where(near_HWK[edge_HW], far_NK, np.inf).argmin(axis=-1)
    return np.asarray(palette_K3[labels_HW])


def invented(pixels_HWC: np.ndarray, flat_HWC: np.ndarray) -> float:
    """The share of the flat picture's outlines where the picture has less than half of their step, 0 to 1.

    A smooth gradient becomes bands whose outlines are nowhere in it.
    """
    flat_HW3 = to_oklab(flat_HWC)
    outline_HW = edges(flat_HW3)
    if not outline_HW.any():
        return 0.0
    return float((_steps(to_oklab(pixels_HWC)) < 0.5 * _steps(flat_HW3))[outline_HW].mean())


def _steps(oklab_HW3: np.ndarray) -> np.ndarray:
    """Across or down, whichever is larger; none within STEP_PX of the border."""
    steps_HW = np.zeros(oklab_HW3.shape[:2])
    near, far = slice(None, -2 * STEP_PX), slice(2 * STEP_PX, None)
    steps_HW[:, STEP_PX:-STEP_PX] = np.linalg.norm(oklab_HW3[:, far] - oklab_HW3[:, near], axis=-1)
    down_HW = np.linalg.norm(oklab_HW3[far] - oklab_HW3[near], axis=-1)
    steps_HW[STEP_PX:-STEP_PX] = np.maximum(steps_HW[STEP_PX:-STEP_PX], down_HW)
    return steps_HW
