"""What can be measured of an icon among others: its own scores, and what it has in common with them."""

import numpy as np

from deployments.pixels.artwork import take_apart
from deployments.pixels.consistency import Traits, traits_of
from deployments.pixels.light import scaled
from deployments.pixels.scores import measure
from deployments.schemas import ImageScores, Record

WORKED_PX = 256  # the longer side: enough for shares of the side, and a set of 64 is measured in seconds


class Look(Record):
    scores: ImageScores
    traits: Traits


def look_at(pixels_HWC: np.ndarray) -> Look:
    """RGB or RGBA, uint8."""
    height, width, num_channels = pixels_HWC.shape
    shrink = max(1.0, max(height, width) / WORKED_PX)
    if shrink > 1:
        pixels_HWC = scaled(pixels_HWC, round(width / shrink), round(height / shrink))[..., :num_channels]
    artwork = take_apart(pixels_HWC)
    return Look(scores=measure(pixels_HWC, artwork), traits=traits_of(artwork))
