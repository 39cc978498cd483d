"""Holds a picture against what its caption says. What the caption leaves open is not asked."""

import numpy as np

from train.starter.attributes import IconAttributes, SplashAttributes
from train.starter.classifier import Classifier
from train.starter.gallery import view_of
from train.starter.measures import (
    background_of,
    container_of,
    emptiness,
    foreground_of,
    horizon_of,
    palette_distance,
    position_of,
)
from train.starter.palettes import load_palettes

FIVE = frozenset({"background", "container", "foreground", "position", "subject"})
ALL_SAID, ALL_FIVE = "all that is said of the five", "all five, where all five are said"
EMPTY_FROM = 0.98  # of a copy space's pixels that are flat: a drawn scene's edges already cost more

Verdict = dict[str, bool]  # by what was asked


class Judge:
    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._palettes = load_palettes()

    def verdict(self, pixels_HWC: np.ndarray, asked: IconAttributes | SplashAttributes) -> Verdict:
        return self._icon(pixels_HWC, asked) if isinstance(asked, IconAttributes) else self._splash(pixels_HWC, asked)

    def _icon(self, pixels_HWC: np.ndarray, asked: IconAttributes) -> Verdict:
        container = container_of(pixels_HWC)
        background, foreground = background_of(pixels_HWC, container), foreground_of(pixels_HWC, container)
        subject, style = self._classifier.read(view_of(pixels_HWC, container, background, foreground or background))
        seen = {
            "background": background,
            "container": container,
            "foreground": foreground,
            "position": position_of(pixels_HWC, container),
            "subject": subject,
            "style": style,
        }
        verdict = {name: value == getattr(asked, name) for name, value in seen.items() if name in asked.said}
        verdict[ALL_SAID] = all(verdict[name] for name in FIVE & asked.said)
        if asked.said >= FIVE:
            verdict[ALL_FIVE] = verdict[ALL_SAID]
        return verdict

    def _splash(self, pixels_HWC: np.ndarray, asked: SplashAttributes) -> Verdict:
        verdict = {}
        if "palette" in asked.said:
            nearest = min(self._palettes, key=lambda name: palette_distance(pixels_HWC, self._palettes[name]))
            verdict["palette"] = nearest == asked.palette
        if "horizon" in asked.said:
            verdict["horizon"] = horizon_of(pixels_HWC, asked.copy_space) == asked.horizon
        if "copy_space" in asked.said and asked.copy_space != "none":
            verdict["copy space"] = emptiness(pixels_HWC, asked.copy_space) >= EMPTY_FROM
        return verdict
