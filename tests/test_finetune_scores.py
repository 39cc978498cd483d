"""What a style's scores say of pictures whose answer is known beforehand."""

import pytest
import torch
from torch.nn import functional as F

from train.finetune.held_out import SUBJECTS, held_out
from train.finetune.scores import Drawn, compare, score

PROMPTS, SEEDS, KNOWN, WIDTH = 8, 2, 30, 16


def unit(*shape: int, seed: int, towards: float = 0.0) -> torch.Tensor:
    """Random directions, more or less of them in the first dimension."""
    vectors = torch.randn(*shape, WIDTH, generator=torch.Generator().manual_seed(seed))
    vectors[..., 0] += towards
    return F.normalize(vectors, dim=-1)


KNOWN_ME = unit(KNOWN, seed=0, towards=6.0)
TEXTS_PE = unit(PROMPTS, seed=1)


def drawn(seed: int, towards: float) -> Drawn:
    return Drawn(unit(PROMPTS, SEEDS, seed=seed, towards=towards), TEXTS_PE)


def test_style_that_is_learnt_is_nearer_in_all_that_is_measured_and_beyond_its_interval() -> None:
    metrics = score(drawn(2, 6.0), KNOWN_ME) | compare(drawn(2, 6.0), drawn(3, 0.0), KNOWN_ME)
    assert 0 < metrics["clip_i_gain_low"] < metrics["clip_i_gain"] < metrics["clip_i_gain_high"]
    assert 0 < metrics["kid_gain_low"] < metrics["kid_gain_high"]
    assert metrics["clip_i_gain"] == pytest.approx(
        metrics["clip_i"] - score(drawn(3, 0.0), KNOWN_ME)["clip_i"], abs=1e-6
    )


def test_what_is_the_same_gains_nothing_and_what_differs_by_chance_is_within_its_interval() -> None:
    same = compare(drawn(2, 6.0), drawn(2, 6.0), KNOWN_ME)
    assert set(same.values()) == {0.0} and len(same) == 9
    by_chance = compare(drawn(2, 6.0), drawn(3, 6.0), KNOWN_ME)
    for name in ("clip_i", "kid", "clip_t"):
        assert by_chance[f"{name}_gain_low"] < 0 < by_chance[f"{name}_gain_high"], name


def test_kid_of_the_data_sets_own_kind_is_about_nothing_and_written_out_it_is_the_same() -> None:
    alike, other = score(drawn(2, 6.0), KNOWN_ME), score(drawn(3, 0.0), KNOWN_ME)
    assert abs(alike["kid"]) < 0.2 < other["kid"] and other["kid_low"] < other["kid"] < other["kid_high"]
    features = [*drawn(3, 0.0).features_NE]

    def mean(pairs: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
        return sum(float(a @ b + 1) ** 3 for a, b in pairs) / len(pairs)

    def others(rows: list[torch.Tensor]) -> list[tuple[torch.Tensor, torch.Tensor]]:
        return [(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]

    between = [(a, b) for a in features for b in KNOWN_ME]
    by_hand = mean(others(features)) + mean(others([*KNOWN_ME])) - 2 * mean(between)
    assert other["kid"] == pytest.approx(by_hand, rel=1e-4)


def test_copies_are_told_from_pictures_in_the_same_style() -> None:
    copied = Drawn((KNOWN_ME[: PROMPTS * SEEDS] + 1e-3).unflatten(0, (PROMPTS, SEEDS)), None)
    assert score(Drawn(F.normalize(copied.features_PSE, dim=-1), None), KNOWN_ME)["copies"] == 1.0
    assert score(drawn(2, 6.0), KNOWN_ME)["copies"] < 0.2
    assert "clip_t" not in score(copied, KNOWN_ME)


def test_prompts_are_those_that_no_caption_shows() -> None:
    captions = ["a Rocket, red", "umbrella", "guitar and teapot"]
    prompts = held_out(captions, 20)
    assert len(prompts) == 20 and prompts[0] == "lighthouse"
    assert not {"rocket", "umbrella", "guitar", "teapot", "guitar and teapot"} & {*prompts}
    assert held_out([" ".join(SUBJECTS)], 4) == []
