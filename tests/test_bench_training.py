"""Training's speed as it is measured, at a small size: both sides really learn, and the page says what was found."""

from pathlib import Path

from bench.training import Clock, Measured, measure, render
from train.finetune.recipes import TINY


def test_both_sides_take_steps_and_are_compared_round_by_round(models_dir: Path) -> None:
    measured = measure(models_dir / "starter", TINY, num_rounds=2, num_steps=3)
    assert len(measured.ours_per_s) == len(measured.theirs_per_s) == 2
    assert min(*measured.ours_per_s, *measured.theirs_per_s) > 0


def test_page_says_whether_the_goal_is_met_by_the_interval() -> None:
    page = render(Measured([2.0, 3.0, 2.5], [1.0, 1.0, 1.0]), TINY, 5)
    assert "| 2.500 |" in page and "Ratio 2.50 (2.00 to 3.00); the goal of 1.5 is met." in page
    assert "is not met: 1.00 at the lower end" in render(Measured([1.0] * 3, [1.0] * 3), TINY, 5)


def test_clock_leaves_the_first_step_out() -> None:
    clock = Clock([10.0, 11.0, 13.0])
    assert clock.steps_per_s == 2 / 3
