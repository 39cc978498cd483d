"""A subject without its ground: alpha, and the subject's own colours under it."""

from dataclasses import dataclass

import numpy as np

from deployments.pixels.ground import Ground, find_ground
from deployments.pixels.regions import border, grow, reach

RIM_SHARE = 0.03  # of the shorter side
CLEAR = 40.0  # how far, in RGB, a subject is from its ground where nobody mistakes one for the other
FAINT = 0.1  # alpha below which a pixel's own colour says too little of the subject's


@dataclass(frozen=True)
class Cutout:
    pixels_HWC: np.ndarray  # uint8, RGBA, not premultiplied
    ground_HWC: np.ndarray  # uint8, RGB: what it stood on, continued behind it
    confidence: float  # 0 to 1: that alpha is right


def cut_out(pixels_HWC: np.ndarray, rim_HW: np.ndarray | None = None, is_connected: bool = True) -> Cutout:
    """`pixels_HWC` is RGB, uint8. The ground is what shows along `rim_HW`, by default the picture's border.

    Grounds that are flat, or change as smoothly as a gradient, come off. Confidence is low where the rim is not of
    one ground, where the subject's outline hardly stands out from it, and nought where there is no subject.
    """
    height, width, _ = pixels_HWC.shape
    rim_HW = border(height, width, RIM_SHARE) if rim_HW is None else rim_HW
    ground = find_ground(pixels_HWC, rim_HW, is_connected)
    # What differs a little is the subject's only where it hangs together with what differs much: the rest is noise.
    subject_HW = reach(ground.distances_HW > 2 * ground.tolerance, ~ground.region_HW)
    edge_px = max(2, round(min(height, width) / 340))
    edge_HW = (grow(~subject_HW, edge_px) & subject_HW) | (grow(subject_HW, 1) & ~subject_HW)
    at, own_N3 = np.nonzero(edge_HW), _own_colours(pixels_HWC, ground, edge_HW, edge_px)
    alpha_HW = subject_HW.astype(np.float32)
    colours_HWC = np.where(subject_HW[..., None], pixels_HWC, _mean_colour(pixels_HWC, subject_HW)).astype(np.float32)
    alpha_HW[at], colours_HWC[at] = _unmix(pixels_HWC[at], ground.colours_HWC[at], own_N3)
    stands_out_N = np.linalg.norm(own_N3 - ground.colours_HWC[at], axis=1) > CLEAR
    clarity = float(stands_out_N.mean()) if len(stands_out_N) else 0.0
    rgba_HWC = np.concatenate([colours_HWC, 255 * alpha_HW[..., None]], axis=2)
    confidence = clarity * float(np.clip((ground.purity - 0.5) / 0.45, 0, 1))
    return Cutout(_bytes(rgba_HWC), _bytes(ground.colours_HWC), round(confidence, 3))


def _own_colours(pixels_HWC: np.ndarray, ground: Ground, edge_HW: np.ndarray, reach_px: int) -> np.ndarray:
    """Of each edge pixel's neighbours the one furthest from the ground: there the subject is unmixed."""
    height, width, _ = pixels_HWC.shape
    ys_N, xs_N = np.nonzero(edge_HW)
    best_N, own_N3 = np.full(len(ys_N), -1.0, np.float32), np.zeros((len(ys_N), 3), np.float32)
    steps = range(-reach_px, reach_px + 1)
    for dy, dx in ((dy, dx) for dy in steps for dx in steps):
        near = np.clip(ys_N + dy, 0, height - 1), np.clip(xs_N + dx, 0, width - 1)
        is_better_N = ground.distances_HW[near] > best_N
        best_N = np.where(is_better_N, ground.distances_HW[near], best_N)
        own_N3 = np.where(is_better_N[:, None], pixels_HWC[near], own_N3)
    return own_N3


def _unmix(seen_N3: np.ndarray, ground_N3: np.ndarray, own_N3: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alpha and colours that give what is seen when laid over the ground.

    In sRGB, as browsers and phones lay one over the other; in linear light the edges would come out thinner.
    """
    towards_N3 = own_N3 - ground_N3
    alpha_N = ((seen_N3 - ground_N3) * towards_N3).sum(axis=1) / np.maximum((towards_N3**2).sum(axis=1), 1)
    alpha_N = np.clip(np.where(alpha_N > 0.98, 1, np.where(alpha_N < 0.02, 0, alpha_N)), 0, 1)
    exact_N3 = ground_N3 + (seen_N3 - ground_N3) / np.maximum(alpha_N, FAINT)[:, None]
    return alpha_N, np.where(alpha_N[:, None] > FAINT, exact_N3, own_N3)


def _mean_colour(pixels_HWC: np.ndarray, subject_HW: np.ndarray) -> np.ndarray:
    """For pixels of alpha nought: programs that scale without premultiplying mix it in."""
    return np.asarray(pixels_HWC[subject_HW].mean(axis=0)) if subject_HW.any() else np.zeros(3)


def _bytes(floats_HWC: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(np.rint(floats_HWC), 0, 255), np.uint8)
