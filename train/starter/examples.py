"""Endless training images with their captions, each a pure function of seed, split, kind and index."""

from dataclasses import dataclass
from random import Random

import numpy as np

from train.starter.attributes import IconAttributes, SplashAttributes
from train.starter.captions import caption_icon
from train.starter.glyphs import GlyphSet
from train.starter.held_out import Split
from train.starter.icons import draw_icon
from train.starter.sampling import Sampler
from train.starter.splash_captions import caption_splash
from train.starter.splashes import draw_splash


@dataclass(frozen=True)
class Example:
    pixels_HWC: np.ndarray  # uint8 RGB
    caption: str
    attributes: IconAttributes | SplashAttributes


class Examples:
    """Combinations of the other split never occur (see `held_out`)."""

    def __init__(self, glyphs: GlyphSet, seed: int, split: Split) -> None:
        self.glyphs = glyphs
        self.seed = seed
        self.split = split
        self.sampler = Sampler(glyphs, split)
        self.subjects = {subject.name: subject for subject in glyphs.subjects}

    def icon(self, index: int) -> Example:
        """256 × 256 px."""
        rng = self._rng("icon", index)
        return self._icon_example(rng, self.sampler.icon(rng))

    def pair(self, index: int) -> tuple[Example, Example]:
        """Reference and target: two subjects in one style, palette and layout. The target's caption leaves most of what
        they share to the reference."""
        rng = self._rng("pair", index)
        reference, target = self.sampler.pair(rng)
        return self._icon_example(rng, reference), self._icon_example(rng, target, is_lean=True)

    def splash(self, index: int) -> Example:
        """352 × 192, 192 × 352 or 256 × 256 px."""
        caption, splash = self._splash_caption(self._rng("splash", index))
        return Example(draw_splash(splash, self.sampler.palettes[splash.palette], self.glyphs), caption, splash)

    def caption(self, index: int) -> tuple[str, IconAttributes | SplashAttributes]:
        """Of an icon or, every fourth, of a splash; nothing is drawn."""
        rng = self._rng("caption", index)
        if index % 4 == 3:
            return self._splash_caption(rng)
        icon = self.sampler.icon(rng)
        return caption_icon(rng, icon, self.subjects[icon.subject])

    def _splash_caption(self, rng: Random) -> tuple[str, SplashAttributes]:
        splash = self.sampler.splash(rng)
        return caption_splash(rng, splash, self.subjects[splash.emblem] if splash.emblem else None)

    def _icon_example(self, rng: Random, icon: IconAttributes, is_lean: bool = False) -> Example:
        caption, icon = caption_icon(rng, icon, self.subjects[icon.subject], is_lean)
        return Example(draw_icon(icon, self.glyphs), caption, icon)

    def _rng(self, kind: str, index: int) -> Random:
        return Random(f"{self.seed}/{self.split}/{kind}/{index}")
