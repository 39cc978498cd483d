"""The evaluation itself is held to account: what is right must pass, and what is wrong must not."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deployments.engine.request import ImageRequest
from deployments.model_folder import read_manifest
from tests.starter_glyphs import few_examples
from tests.starter_judge import few_subjects_classifier
from train.starter.candidate import Candidate, open_candidate
from train.starter.evaluate import Evaluation, Plan
from train.starter.judge import Judge
from train.starter.report import FIGURES, PAGE, SHEET, About, write_report
from train.starter.scores import Score, wilson

PLAN = Plan({"icon": 40, "splash": 24}, num_pairs=8, num_seeds=2)
SMALL = Plan({"icon": 12, "splash": 6}, num_pairs=6, num_seeds=2)
Picture = Callable[[ImageRequest], np.ndarray]


def candidate(picture: Picture, has_adapter: bool = True) -> Candidate:
    def draw(requests: Sequence[ImageRequest]) -> Iterator[np.ndarray]:
        return map(picture, requests)

    return Candidate(draw, round_trip=lambda pixels: pixels ^ 1, has_adapter=has_adapter)


def evaluation(candidate: Candidate, plan: Plan) -> Evaluation:
    classifier, gallery = few_subjects_classifier()
    return Evaluation(candidate, Judge(classifier), few_examples("held_out"), gallery, plan)


def scores_of(picture: Picture, plan: Plan = SMALL) -> dict[str, Score]:
    return {score.name: score for score in evaluation(candidate(picture), plan).run()}


def true_pictures() -> Picture:
    """The generator's own, by caption; what a reference would have told is only right where there is one."""
    held_out = few_examples("held_out")
    pairs = [held_out.pair(index) for index in range(PLAN.num_pairs)]
    by_caption = {
        example.caption: example.pixels_HWC
        for kind, draw in (("icon", held_out.icon), ("splash", held_out.splash))
        for example in map(draw, range(PLAN.num_examples[kind]))  # type: ignore[index]
    }
    guided = {target.caption: target.pixels_HWC for _, target in pairs}
    other = {target.caption: 255 - target.pixels_HWC for _, target in pairs}
    return lambda request: (guided if request.references else other | by_caption)[request.prompt]


def noise(request: ImageRequest) -> np.ndarray:
    shape = (request.height_px, request.width_px, 3)
    return np.random.default_rng(request.seed).integers(0, 256, shape, dtype=np.uint8)


def blank(request: ImageRequest) -> np.ndarray:
    return np.full((request.height_px, request.width_px, 3), 128, np.uint8)


def test_true_pictures_meet_every_goal() -> None:
    scores = scores_of(true_pictures(), PLAN)
    for score in scores.values():
        assert score.missed_by in (0, None), score
        if score.unit == "share":
            least = 0.97 if score.name != "icon: style" else 0.8  # of a classifier that has learned for seconds
            assert score.value is not None and score.value >= least, score
            assert score.value == score.truth
    assert len([score for score in scores.values() if score.goal is not None]) == 10


@pytest.mark.parametrize("picture", [noise, blank])
def test_noise_and_blank_pictures_miss_nearly_every_goal(picture: Picture) -> None:
    scores = scores_of(picture)
    flat_is_empty = {"splash: copy space"} if picture is blank else set()
    for score in scores.values():
        if score.unit == "share" and score.name not in flat_is_empty:
            assert score.value is not None and score.value < 0.5, score
        if score.goal is not None and score.unit != "dB" and score.name not in flat_is_empty:
            assert score.missed_by, score
    assert scores["icon: all that is said of the five"].value < 0.1  # type: ignore[operator]


def test_seeds_that_change_nothing_and_copies_of_training_icons_are_noticed() -> None:
    copies = few_examples()
    scores = scores_of(lambda request: copies.icon(request.seed % 12).pixels_HWC)
    assert scores["icon: distance between seeds, of that between prompts"].value == 0
    novelty = scores["icon: distance to the nearest training icon"]
    assert novelty.value == pytest.approx(0, abs=0.5) and novelty.truth is not None and novelty.truth > 5


def test_model_draws_through_the_engine_and_the_report_says_what_it_missed(models_dir: Path, tmp_path: Path) -> None:
    plan = Plan({"icon": 2, "splash": 1}, num_pairs=1, num_seeds=2)
    with open_candidate(models_dir / "starter", num_threads=1) as opened:
        run = evaluation(opened, plan)
        scores = run.run()
    write_report(tmp_path, About.now(read_manifest(models_dir / "starter"), plan, minutes=1.0), scores, run.shown)
    page, figures = (tmp_path / PAGE).read_text(), json.loads((tmp_path / FIGURES).read_text())
    assert read_manifest(models_dir / "starter").version in page and "Weights: random" in page
    assert "**missed by" in page and "not trained" in page
    assert figures["scores"][0]["name"] == "icon: background" and figures["about"]["num_seeds"] == 2
    with Image.open(tmp_path / SHEET) as sheet:
        assert min(sheet.size) > 300


def test_interval_is_wilsons() -> None:
    assert wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(1.0, 20) == pytest.approx((0.8389, 1.0), abs=1e-4)
    assert wilson(0.0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
