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

    @property
    def subject(self) -> str:
        """ "" for a splash without an emblem."""
        shown = self.attributes
        return shown.subject if isinstance(shown, IconAttributes) else shown.emblem or ""


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
        rng = self._rng("splash", index)
        splash = self.sampler.splash(rng)
        emblem = self.subjects[splash.emblem] if splash.emblem else None
        caption, splash = caption_splash(rng, splash, emblem)
        return Example(draw_splash(splash, self.sampler.palettes[splash.palette], self.glyphs), caption, splash)

    def _icon_example(self, rng: Random, icon: IconAttributes, is_lean: bool = False) -> Example:
        caption, icon = caption_icon(rng, icon, self.subjects[icon.subject], is_lean)
        return Example(draw_icon(icon, self.glyphs), caption, icon)

    def _rng(self, kind: str, index: int) -> Random:
        return Random(f"{self.seed}/{self.split}/{kind}/{index}")
