"""Where the sky of a picture ends, read from its pixels alone."""

import numpy as np

SKY_REACH = 12.0  # levels from the sky's own gradient that a pixel may lie and still count as sky


def horizon(pixels_HWC: np.ndarray) -> float | None:
    """Share of the height, from the top; None for a picture without a sky."""
    sky_H3 = sky_of(pixels_HWC)
    return None if sky_H3 is None else end_of(sky_H3, pixels_HWC)


def end_of(sky_H3: np.ndarray, pixels_HWC: np.ndarray) -> float:
    """The median, over the columns, of where such a sky ends; a share of the height."""
    height = pixels_HWC.shape[0]
    is_sky_HW = np.abs(pixels_HWC[..., :3] - sky_H3[:, None, :]).max(axis=2) < SKY_REACH
    ends_W: np.ndarray = height - np.argmax(is_sky_HW[::-1], axis=0)  # just under the lowest pixel of sky
    ends_W[~is_sky_HW.any(axis=0)] = 0
    share: float = float(np.median(ends_W)) / height
    return share


def sky_of(pixels_HWC: np.ndarray) -> np.ndarray | None:
    """Colour of each row, if the gradient of the upper part's sky went on to the bottom: float32 of (height, 3).

    Fitted first to the uppermost rows, then three times to what lies near that, so that clouds and the sun stay out.
    """
    height, pixels_HWC = pixels_HWC.shape[0], pixels_HWC[..., :3].astype(np.float32)
    y_H = np.arange(height)
    upper_RWC = pixels_HWC[: round(0.35 * height)]
    is_sky_RW = np.zeros(upper_RWC.shape[:2], bool)
    is_sky_RW[: round(0.12 * height)] = True
    sky_H3 = np.empty((height, 3), np.float32)
    for reach in (255, 24, 12, 12):
        if reach < 255:
            is_sky_RW = np.abs(upper_RWC - sky_H3[: len(upper_RWC), None, :]).max(axis=2) < reach
        rows = np.nonzero(is_sky_RW.mean(axis=1) > 0.1)[0]
        if len(rows) < 2:  # no gradient goes through less
            return None
        medians_R3 = np.array([np.median(upper_RWC[row][is_sky_RW[row]], axis=0) for row in rows])
        slope_3, offset_3 = np.polyfit(rows, medians_R3, 1)
        sky_H3 = y_H[:, None] * slope_3 + offset_3
    return sky_H3
