"""Draws what an image shows, before it is drawn or told."""

from dataclasses import replace
from random import Random

from train.starter.attributes import (
    CELESTIALS,
    COPY_SPACES,
    HORIZONS,
    POSITIONS,
    SCENES,
    SCENES_WITH_HORIZON,
    SPLASH_SIZES_PX,
    STYLES,
    IconAttributes,
    SplashAttributes,
)
from train.starter.colours import COLOURS, jitter, readable_pairs
from train.starter.containers import CANVAS_PX, CONTAINERS
from train.starter.glyphs import GlyphSet
from train.starter.held_out import Split, split_of
from train.starter.palettes import load_palettes

VARIANTS = {
    "flat": ("fill",), "line": ("line", "line", "lucide"), "bold": ("bold",), "duotone": ("duotone",),
    "gradient": ("fill",), "long shadow": ("fill",), "soft 3D": ("fill",),
}  # fmt: skip
# Few sizes, and whole latents (16 px) from the middle: each other size or offset is another pattern to learn.
GLYPH_SHARE = {  # of the canvas' side, by container: small, default, large
    "none": (0.24, 0.40, 0.60),
    "rounded square": (0.24, 0.40, 0.56),
    "squircle": (0.24, 0.40, 0.52),
    "circle": (0.24, 0.40, 0.50),
    "hexagon": (0.24, 0.40, 0.48),
}
OFFSET_PX = {name: (64, 48) if name == "none" else (48, 32) for name in CONTAINERS}  # small, default
TOWARDS = {"centre": (0, 0), "left": (-1, 0), "right": (1, 0), "top": (0, -1), "bottom": (0, 1)}


class Sampler:
    def __init__(self, glyphs: GlyphSet, split: Split) -> None:
        self.glyphs = glyphs
        self.split = split
        self.names = tuple(subject.name for subject in glyphs.subjects)
        self.palettes = load_palettes()
        self.pairs = readable_pairs()
        self.pairs_of_palette = {
            name: [(a, b) for a, b in self.pairs if a in palette.foregrounds and b in palette.backgrounds]
            for name, palette in self.palettes.items()
        }

    def icon(self, rng: Random) -> IconAttributes:
        palette, foreground, background = self._colours(rng)
        subject, container = rng.choice(self.names), self._container(rng)
        while split_of(subject, foreground, background, container) != self.split:
            palette, foreground, background = self._colours(rng)
            subject, container = rng.choice(self.names), self._container(rng)
        style = rng.choice(STYLES)
        position = rng.choices(POSITIONS, (6, 1, 1, 1, 1))[0]
        size = rng.choices((0, 1, 2), (2, 6, 2) if position == "centre" else (4, 6, 0))[0]
        dx, dy = TOWARDS[position]
        offset_px = OFFSET_PX[container][min(size, 1)]
        return IconAttributes(
            subject=subject,
            foreground=foreground,
            background=background,
            container=container,
            style=style,
            position=position,
            size=("small", "default", "large")[size],
            palette=palette,
            variant=rng.choice(self.glyphs.variants(subject, VARIANTS[style])),
            foreground_rgb=jitter(rng, COLOURS[foreground]),
            background_rgb=jitter(rng, COLOURS[background]),
            glyph_px=round(GLYPH_SHARE[container][size] * CANVAS_PX),
            centre_px=(CANVAS_PX // 2 + dx * offset_px, CANVAS_PX // 2 + dy * offset_px),
            margin_px=12,
        )

    def pair(self, rng: Random) -> tuple[IconAttributes, IconAttributes]:
        """Two icons that differ in the subject alone."""
        while True:
            icon = self.icon(rng)
            subjects = [
                name
                for name in self.names
                if name != icon.subject
                and split_of(name, icon.foreground, icon.background, icon.container) == self.split
                and self.glyphs.variants(name, (icon.variant,))
            ]
            if subjects:
                return icon, replace(icon, subject=rng.choice(subjects))

    def splash(self, rng: Random) -> SplashAttributes:
        while True:
            scene, palette = rng.choice(SCENES), rng.choice(tuple(self.palettes))
            copy_space = rng.choices(COPY_SPACES, (3, 2, 2, 2, 2))[0]
            horizon = rng.choice(_horizons(copy_space)) if scene in SCENES_WITH_HORIZON else None
            if split_of(scene, palette, horizon, copy_space) == self.split:
                break
        has_emblem = rng.random() < 0.35
        return SplashAttributes(
            scene=scene,
            palette=palette,
            aspect=rng.choice(tuple(SPLASH_SIZES_PX)),
            horizon=horizon,
            copy_space=copy_space,
            celestial=rng.choice(CELESTIALS) if scene != "abstract shapes" and copy_space != "top" else "none",
            emblem=rng.choice(self.names) if has_emblem else None,
            seed=rng.getrandbits(32),
        )

    def _colours(self, rng: Random) -> tuple[str | None, str, str]:
        """(palette, foreground, background); backgrounds evenly, white on them more often than the rest."""
        if rng.random() < 0.25:
            palette = rng.choice(tuple(self.palettes))
            return palette, *rng.choice(self.pairs_of_palette[palette])
        background = rng.choice(tuple(COLOURS))
        foregrounds = [a for a, b in self.pairs if b == background]
        return None, rng.choices(foregrounds, [4 if name == "white" else 1 for name in foregrounds])[0], background

    @staticmethod
    def _container(rng: Random) -> str:
        return rng.choices(CONTAINERS, (6, 4, 3, 3, 4))[0]


def _horizons(copy_space: str) -> tuple[str, ...]:
    """Those that leave the empty third empty: above it sky alone, below it ground alone."""
    return {"top": HORIZONS[:2], "bottom": HORIZONS[1:]}.get(copy_space, HORIZONS)
