"""What is done to an image's pixels between the engine and the store."""

import numpy as np

from deployments.input_images import Inputs, keep_outside
from deployments.pixels.normalise import normalise
from deployments.pixels.palette import lock
from deployments.pixels.templates import keyline_of
from deployments.schemas import Controls


def finish(pixels_HWC: np.ndarray, inputs: Inputs | None, controls: Controls) -> np.ndarray:
    """RGB, uint8; in the order in which the one builds on the other."""
    if inputs:
        pixels_HWC = keep_outside(pixels_HWC, inputs)
    if controls.keyline:
        pixels_HWC = normalise(pixels_HWC, keyline_of(controls.keyline))
    if controls.palette:
        pixels_HWC = lock(pixels_HWC, np.array(controls.palette, np.uint8))
    return pixels_HWC
