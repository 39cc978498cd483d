"""What can be said of an icon from its pixels alone. Nothing is random, and nothing is learned.

Each measure is small and stands by itself; `measure` puts them together for an icon that has been taken apart.
"""

from collections.abc import Sequence
from math import hypot

import numpy as np
from PIL import Image

from deployments.pixels.artwork import Artwork
from deployments.pixels.colour import contrast, delta_e, luminance, to_lab
from deployments.pixels.keylines import SEEN, optical_centre
from deployments.pixels.light import over, scaled
from deployments.pixels.regions import border
from deployments.schemas import ImageScores

Rgb = tuple[int, int, int]

RING_SHARE = 0.03  # of the side: where the background is looked at
JUST_SEEN = 2.0  # CIEDE2000
SMALL_PX = 16
READ_CONTRAST = 1.5  # from which a pixel of an icon of 16 is told from its ground
NUM_SAMPLED = 128  # pixels a side; a palette needs no more
SOLID = 250  # alpha of 255: no edge, where colours are mixed


def measure(pixels_HWC: np.ndarray, artwork: Artwork, palette: Sequence[Rgb] = ()) -> ImageScores:
    """Of the pixels, RGB or RGBA, and what they are made of; None where that is a picture and it needs a subject."""
    alpha_HW = artwork.subject_HWC[..., 3] / 255
    has_subject = not artwork.is_picture and bool(alpha_HW.any())
    return ImageScores(
        separation=artwork.confidence,
        background_purity=round(background_purity(pixels_HWC[..., :3]), 4),
        centring_offset=round(centring_offset(alpha_HW), 4) if has_subject else None,
        margin=round(margin(alpha_HW), 4) if has_subject else None,
        outside_safe_zone=round(outside_circle(alpha_HW, 0.8), 4) if has_subject else None,
        contrast_ratio=round(contrast_ratio(artwork), 2) if has_subject else None,
        legibility_16px=round(legibility_16px(artwork), 4) if has_subject else None,
        palette_delta_e=round(palette_delta_e(artwork, palette), 2) if palette else None,
    )


def centring_offset(alpha_HW: np.ndarray) -> float:
    """Of the optical centre from the canvas', as a share of the shorter side; below 0.02 nobody sees it.

    The centre is that of `keylines.py`, so that what is placed there measures nought.
    """
    height, width = alpha_HW.shape
    x, y = optical_centre(alpha_HW)
    side_px: int = min(height, width)
    return hypot(x - width / 2, y - height / 2) / side_px


def margin(alpha_HW: np.ndarray) -> float:
    """The narrowest distance from subject to edge, as a share of the shorter side. Material's keylines keep 2/24."""
    height, width = alpha_HW.shape
    ys, xs = np.nonzero(alpha_HW > SEEN)
    if not len(xs):
        return 0.5
    return float(min(xs.min(), ys.min(), width - 1 - xs.max(), height - 1 - ys.max()) / min(height, width))


def outside_circle(alpha_HW: np.ndarray, diameter: float) -> float:
    """The share of the subject that a round mask of that diameter, a share of the shorter side, would cut off.

    0.8 is the Web App Manifest's safe zone for maskable icons, 66/108 Android's for adaptive ones.
    """
    height, width = alpha_HW.shape
    y, x = np.mgrid[0.5:height, 0.5:width]
    is_outside_HW = np.hypot(x - width / 2, y - height / 2) > diameter / 2 * min(height, width)
    return float(alpha_HW[is_outside_HW].sum() / max(float(alpha_HW.sum()), 1e-6))


def background_purity(pixels_HWC: np.ndarray) -> float:
    """The share of the border's pixels within CIEDE2000 2, which is hardly seen, of the border's median colour."""
    height, width, _ = pixels_HWC.shape
    lab_N3 = to_lab(pixels_HWC[border(height, width, RING_SHARE)])
    return float((delta_e(lab_N3, np.median(lab_N3, axis=0)) < JUST_SEEN).mean())


def contrast_ratio(artwork: Artwork) -> float:
    """WCAG 2.2's ratio, 1 to 21, of the subject's pixels and the ground behind each; the median.

    Success criterion 1.4.11 asks 3 of graphics. The median, because a subject of black and white has none on average.
    """
    solid_HW = artwork.subject_HWC[..., 3] >= SOLID
    if not solid_HW.any():
        return 1.0
    ratios = contrast(luminance(artwork.subject_HWC[solid_HW][:, :3]), luminance(artwork.ground_HWC[solid_HW]))
    return float(np.median(ratios))


def legibility_16px(artwork: Artwork) -> float:
    """How much of the subject's shape is read at 16 pixels: overlap over union with what stands out there, 0 to 1.

    Made smaller in linear light, as an eye at a distance does; a pixel is read from a contrast of 1.5.
    """
    whole_HWC = over(artwork.subject_HWC, artwork.ground_HWC)
    small_HWC, ground_HWC = (scaled(one, SMALL_PX, SMALL_PX)[..., :3] for one in (whole_HWC, artwork.ground_HWC))
    read_HW = contrast(luminance(small_HWC), luminance(ground_HWC)) >= READ_CONTRAST
    alpha_HW = artwork.subject_HWC[..., 3] / 255
    size = alpha_HW.shape[1], alpha_HW.shape[0]
    seen_HW = np.asarray(Image.fromarray(read_HW).resize(size, Image.Resampling.NEAREST))
    return float(np.minimum(alpha_HW, seen_HW).sum() / max(float(np.maximum(alpha_HW, seen_HW).sum()), 1e-6))


def palette_delta_e(artwork: Artwork, palette: Sequence[Rgb]) -> float:
    """Mean CIEDE2000 of the icon's pixels from the nearest colour of the palette; the backdrop and edges aside."""
    whole_HWC = over(artwork.subject_HWC, artwork.ground_HWC)
    alpha_HW = artwork.subject_HWC[..., 3]
    counted_HW = artwork.icon_HW & ((alpha_HW >= SOLID) | (alpha_HW == 0))
    height, width = counted_HW.shape
    rows, columns = (np.linspace(0, side - 1, min(side, NUM_SAMPLED)).astype(int) for side in (height, width))
    sampled = np.ix_(rows, columns)
    lab_N13 = to_lab(whole_HWC[sampled][counted_HW[sampled]])[:, None]
    distances_NK = delta_e(lab_N13, to_lab(np.array(palette, np.float32))[None])
    return float(distances_NK.min(axis=1).mean()) if len(distances_NK) else 0.0
