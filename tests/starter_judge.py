"""A classifier of the few subjects in `starter_glyphs`, trained once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.starter_glyphs import few_examples
from train.settings import LoopSettings
from train.starter.classifier import Classifier, train_classifier
from train.starter.gallery import Gallery, open_gallery
from train.starter.recipes import TINY, Recipe

RECIPE = replace(
    TINY,
    num_gallery=600,
    classifier_widths=(8, 16, 32, 64),
    classifier=LoopSettings(280, 24, 6e-3, 0.3, warmup_steps=20),
)


@dataclass
class Steps:
    """A tracker that counts."""

    num_logged: int = 0

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        del step, metrics
        self.num_logged += 1


def train_in(folder: Path, steps: Steps, recipe: Recipe = RECIPE) -> tuple[Classifier, Gallery]:
    examples = few_examples()
    gallery = open_gallery(folder, examples, recipe.num_gallery)
    return train_classifier(recipe, folder, gallery, examples.sampler.names, steps), gallery


@cache
def few_subjects_classifier() -> tuple[Classifier, Gallery]:
    with TemporaryDirectory() as folder:
        return train_in(Path(folder), Steps())
