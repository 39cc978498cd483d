"""A few subjects' glyphs, drawn from the files in `starter_packages`."""

from functools import cache
from pathlib import Path

from train.starter.examples import Examples
from train.starter.glyphs import GlyphSet
from train.starter.held_out import Split
from train.starter.subjects import load_subjects

PACKAGES = Path(__file__).parent / "starter_packages"
NAMES = {"rocket", "leaf", "heart", "star", "camera", "house", "cat", "key"}


@cache
def few_glyphs() -> GlyphSet:
    return GlyphSet.render(tuple(subject for subject in load_subjects() if subject.name in NAMES), PACKAGES)


def few_examples(split: Split = "train", seed: int = 0) -> Examples:
    return Examples(few_glyphs(), seed, split)
