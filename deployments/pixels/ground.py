"""What a subject stands on: a colour that is flat or changes smoothly, continued behind it."""

from dataclasses import dataclass

import numpy as np

from deployments.pixels.regions import reach

MIN_TOLERANCE = 12.0  # in RGB, from 0 to 441; JPEG and a decoder's own noise stay below
MAX_TOLERANCE = 40.0  # noise above this hides a subject
NUM_FITS = 6
MAX_FITTED = 20_000  # pixels; more change nothing


@dataclass(frozen=True)
class Ground:
    colours_HWC: np.ndarray  # float32, RGB: of every pixel, those behind the subject included
    region_HW: np.ndarray  # where it is seen
    distances_HW: np.ndarray  # of the picture from it, in RGB
    tolerance: float  # in RGB
    purity: float  # the share of the rim that it explains


def find_ground(pixels_HWC: np.ndarray, rim_HW: np.ndarray, is_connected: bool = True) -> Ground:
    """The ground that shows along `rim_HW`. Where it is not connected with that, it counts as subject unless told.

    First a plane through the rim's colours, then a curved surface through all that is alike and connected.
    """
    plane_HWC = _fit(pixels_HWC, rim_HW, degree=1)
    near_HW = _distances(pixels_HWC, plane_HWC) < _tolerance(pixels_HWC, plane_HWC, rim_HW)
    seen_HW = reach(rim_HW, near_HW)
    colours_HWC = _fit(pixels_HWC, seen_HW, degree=2) if seen_HW.sum() > rim_HW.sum() / 4 else plane_HWC
    tolerance = _tolerance(pixels_HWC, colours_HWC, rim_HW)
    distances_HW = _distances(pixels_HWC, colours_HWC)
    near_HW = distances_HW < tolerance
    region_HW = reach(rim_HW, near_HW) if is_connected else near_HW
    return Ground(colours_HWC, region_HW, distances_HW, tolerance, float(near_HW[rim_HW].mean()))


def _fit(pixels_HWC: np.ndarray, where_HW: np.ndarray, degree: int) -> np.ndarray:
    """Least squares, again and again without what lies far off: that is the subject's, not the ground's."""
    terms_HWT = _terms(where_HW.shape[0], where_HW.shape[1], degree)
    every = max(1, int(where_HW.sum()) // MAX_FITTED)
    terms_NT, colours_N3 = terms_HWT[where_HW][::every], pixels_HWC[where_HW][::every].astype(np.float64)
    kept_N = np.ones(len(terms_NT), bool)
    for _ in range(NUM_FITS):
        weights_T3 = np.linalg.lstsq(terms_NT[kept_N], colours_N3[kept_N], rcond=None)[0]
        off_N = np.linalg.norm(colours_N3 - terms_NT @ weights_T3, axis=1)
        kept_N = off_N <= max(MIN_TOLERANCE / 2, 2 * float(np.median(off_N)))
    return np.asarray(np.clip(terms_HWT @ weights_T3, 0, 255), np.float32)


def _terms(height: int, width: int, degree: int) -> np.ndarray:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    powers = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)]
    return np.stack([x**i * y**j for i, j in powers if i + j <= degree], -1)


def _distances(pixels_HWC: np.ndarray, colours_HWC: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(pixels_HWC - colours_HWC, axis=2))


def _tolerance(pixels_HWC: np.ndarray, colours_HWC: np.ndarray, rim_HW: np.ndarray) -> float:
    noise = float(np.median(np.linalg.norm(pixels_HWC[rim_HW] - colours_HWC[rim_HW], axis=1)))
    return min(MAX_TOLERANCE, MIN_TOLERANCE + 3 * noise)
