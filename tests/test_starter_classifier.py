from dataclasses import replace
from pathlib import Path

import numpy as np

from tests import starter_judge
from tests.starter_glyphs import few_examples, few_glyphs
from tests.starter_judge import Steps, few_subjects_classifier
from train.starter.attributes import IconAttributes
from train.starter.colours import COLOURS
from train.starter.examples import Example
from train.starter.gallery import VIEW_PX, view_of
from train.starter.icons import draw_icon
from train.starter.recipes import TINY


def attributes(example: Example) -> IconAttributes:
    assert isinstance(example.attributes, IconAttributes)
    return example.attributes


def view(example: Example) -> np.ndarray:
    icon = attributes(example)
    return view_of(example.pixels_HWC, icon.container, icon.background, icon.foreground)


def test_view_is_the_same_in_all_colours_and_places() -> None:
    base = replace(attributes(few_examples().icon(0)), style="flat", variant="fill", container="none", glyph_px=110)
    views = []
    for foreground, background, centre in (("white", "blue", (128, 128)), ("navy", "yellow", (90, 140))):
        icon = replace(
            base, foreground_rgb=COLOURS[foreground], background_rgb=COLOURS[background], centre_px=centre
        )  # fmt: skip
        views.append(view_of(draw_icon(icon, few_glyphs()), "none", background, foreground).astype(int))
    assert views[0].shape == (2, VIEW_PX, VIEW_PX) and views[0][0].std() > 30
    assert np.abs(views[0] - views[1]).mean() < 4


def test_blank_picture_has_a_view_too() -> None:
    blank = np.full((256, 256, 3), 200, np.uint8)
    for foreground in ("white", "grey"):
        assert view_of(blank, "circle", "grey", foreground).shape == (2, VIEW_PX, VIEW_PX)


def test_combinations_never_seen_are_told_apart() -> None:
    classifier, _ = few_subjects_classifier()
    examples = [few_examples("held_out").icon(index) for index in range(150)]
    read = [classifier.read(view(example)) for example in examples]
    asked = [attributes(example) for example in examples]
    assert np.mean([subject == icon.subject for (subject, _), icon in zip(read, asked, strict=True)]) >= 0.97
    assert np.mean([style == icon.style for (_, style), icon in zip(read, asked, strict=True)]) >= 0.8


def test_one_that_is_trained_is_only_loaded(tmp_path: Path) -> None:
    recipe = replace(TINY, classifier=replace(TINY.classifier, log_every_steps=1))
    first, again = Steps(), Steps()
    readings = []
    for steps in (first, again):
        classifier, _ = starter_judge.train_in(tmp_path, steps, recipe)
        readings.append([classifier.read(view(few_examples().icon(index))) for index in range(20)])
    assert (first.num_logged, again.num_logged) == (TINY.classifier.num_steps, 0)
    assert readings[0] == readings[1]
