"""What a step costs."""

import time
from pathlib import Path

import pytest

from deployments.engine.calibrate import measure_max_rows
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.speed import Speed, saturating_rows


def test_unknown_size_is_estimated_by_its_pixels() -> None:
    speed = Speed()
    assert speed.row_step_s((32, 32)) == 0.0
    speed.record((32, 32), num_rows=4, seconds=0.4)
    assert speed.row_step_s((32, 32)) == pytest.approx(0.1)
    assert speed.row_step_s((64, 64)) == pytest.approx(0.4)


def test_average_follows_what_is_measured() -> None:
    speed = Speed()
    for _ in range(100):
        speed.record((32, 32), 1, 1.0)
    for _ in range(100):
        speed.record((32, 32), 1, 2.0)
    assert speed.row_step_s((32, 32)) == pytest.approx(2.0, rel=0.01)


@pytest.mark.parametrize(("fixed_s", "per_row_s", "expected"), [(0.0, 0.01, 1), (0.04, 0.0005, 16)])
def test_cap_is_where_throughput_stops_to_grow(fixed_s: float, per_row_s: float, expected: int) -> None:
    assert saturating_rows(lambda rows: time.sleep(fixed_s + per_row_s * rows), limit=16) == expected


def test_measured_cap_of_a_real_model_is_in_bounds(models_dir: Path) -> None:
    cap = measure_max_rows(equip(load_model(models_dir / "starter"), 16), 64, 64, limit=4)
    assert cap in (1, 2, 4)
