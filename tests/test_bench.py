"""The benchmark's own honesty: repeatable traces, fair rounds, known statistics."""

import asyncio
import dataclasses
import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench import systems as names
from bench.load import TIMEOUT_S, closed_loop, open_loop
from bench.models import batch_gain
from bench.overhead import Overhead
from bench.plan import FULL, QUICK, Case, Plan
from bench.plots import draw_loads
from bench.report import render
from bench.rounds import Rounds, Segment
from bench.serving import Measured
from bench.stats import ENOUGH_ROUNDS, Ratio, paired_ratio, percentile, sustained_load
from bench.steady import measure_steady
from bench.systems import graph_body
from bench.trace import W1, W4, W6, WORKLOADS, TraceRequest, make_trace
from serve_app.schemas import ImageGenerationBody

ROCKET = TraceRequest(0.0, "icon", "white rocket", 64, 64, num_steps=4, guidance_scale=5.0, seed=7)


@pytest.fixture(scope="module", autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_trace_repeats_by_seed_and_has_the_asked_mean_gap() -> None:
    assert make_trace(W4, 50, seed=3) == make_trace(W4, 50, seed=3)
    assert make_trace(W4, 50, seed=3) != make_trace(W4, 50, seed=4)
    for workload in (W1, W6):
        assert make_trace(workload, 4000, seed=0)[-1].due / 4000 == pytest.approx(1.0, rel=0.15)


def test_workloads_have_their_classes_bursts_and_popular_adapters() -> None:
    trace = make_trace(WORKLOADS["W5"], 2000, seed=0)
    for share, expected in (
        (sum(request.kind == "splash" for request in trace), 0.2),
        (sum(request.control is not None for request in trace), 0.2),
        (sum(request.reference is not None for request in trace), 0.2),
        (sum(request.lora == "lora-1" for request in trace), 0.296),  # 1 / (1 + 1/2 + … + 1/16)
    ):
        assert share / len(trace) == pytest.approx(expected, abs=0.04)
    assert len({request.key for request in make_trace(W1, 20, seed=0)}) == 1
    assert len({request.due for request in make_trace(W6, 30, seed=0)}) == 3


def test_the_whole_graph_plays_only_what_the_http_api_can_say() -> None:
    played = {case.workload for plan in (*QUICK, *FULL) for case in plan.goal_cases + plan.other_cases
              if names.OURS_ON_RAY in case.systems}  # fmt: skip
    assert played == {"W1"}
    for request in make_trace(W1, 20, seed=0):
        assert not (request.lora or request.control or request.reference) and request.sampler == "euler"
        ImageGenerationBody.model_validate(graph_body(request))


async def test_rounds_play_the_rest_once_and_again_when_the_goals_have_enough() -> None:
    async def draw(request: TraceRequest) -> bytes:
        return png(request.width_px, request.height_px)

    goal = Case("W4", 50.0, 4, (names.OURS, names.LOCK, names.AGAIN))
    other = Case("W1", None, 4, (names.LOCK,))
    segments: list[Segment] = []
    plan = Plan("tiny", (goal,), (other,), (), budget_s=60)
    rounds = Rounds(plan, {names.OURS: draw, names.LOCK: draw}, segments, time.monotonic() + 60)
    for _ in range(ENOUGH_ROUNDS + 1):
        assert await rounds.play()
    assert [segment.round for segment in segments if segment.workload == "W1"] == [0, ENOUGH_ROUNDS]
    of_goal = [segment for segment in segments if segment.workload == "W4"]
    assert [segment.round for segment in of_goal] == [0, 0, 1, 1, 2, 2, 3, 3]  # who was not started is left out
    assert all(segment.num_wrong == 0 and segment.serial_per_s for segment in of_goal)
    rounds.deadline_s = 0.0
    assert not await rounds.play()


def test_percentile_is_numpys() -> None:
    values = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6]
    for percent in (0, 50, 95, 99, 100):
        assert percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_paired_ratio_cancels_what_slows_a_whole_round() -> None:
    rounds = [1.0, 9.0, 2.0, 5.0, 3.0]
    assert paired_ratio([2 * speed for speed in rounds], rounds) == Ratio(2.0, 2.0, 2.0, 5)
    spread = paired_ratio([1.0, 2.0, 3.0, 4.0, 5.0], [1.0] * 5)
    assert spread.median == 3.0 and 1.0 <= spread.low < 3.0 < spread.high <= 5.0
    assert Ratio(2, 1.5, 2.5, 5).is_clear_of(Ratio(1, 0.9, 1.1, 5))
    assert not Ratio(2, 1.0, 2.5, 5).is_clear_of(Ratio(1, 0.9, 1.1, 5))


def test_sustained_load_lies_where_the_curve_falls_below_what_is_wanted() -> None:
    assert sustained_load([0.5, 1.0], [1.0, 0.9]) == pytest.approx(0.75)
    assert sustained_load([0.5, 1.0], [1.0, 0.99]) == 1.0
    assert sustained_load([0.5, 1.0], [0.475, 0.1]) == pytest.approx(0.25)
    assert sustained_load([0.5, 1.0, 2.0], [1.0, 0.9, 1.0]) == pytest.approx(0.75)  # the first fall counts


async def test_open_loop_counts_from_the_due_time_and_looks_at_every_answer() -> None:
    lock = asyncio.Lock()

    async def slow(request: TraceRequest) -> bytes:
        async with lock:
            await asyncio.sleep(0.05)
        return png(request.width_px if request.seed else 1)

    trace = [dataclasses.replace(ROCKET, seed=seed) for seed in (1, 1, 0)]
    played = await open_loop(slow, trace, rate_per_s=10.0)
    assert [outcome.is_right for outcome in played.outcomes] == [True, True, False]
    assert played.outcomes[1].latency_s >= 0.1  # waited behind the first
    assert played.latencies_s("icon")[2] == TIMEOUT_S and played.latencies_s("splash") == []
    assert played.attainment({"icon": 1.0}) == pytest.approx(2 / 3)
    assert (await closed_loop(slow, trace[:2], num_clients=1)).seconds >= 0.1


def png(width_px: int, height_px: int = 64) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width_px, height_px)).save(file, "PNG")
    return file.getvalue()


def test_batch_gain_is_a_share_of_the_time_that_calls_one_by_one_take(models_dir: Path) -> None:
    gains = batch_gain(models_dir / "starter", repeats=1)
    assert set(gains) == {"icon", "splash"} and all(0.05 < gain < 2 for gain in gains.values())


def test_steady_counts_every_request_and_looks_at_memory() -> None:
    steady = measure_steady(num_requests=40)
    assert steady.num_finished + steady.num_cancelled + steady.num_refused == steady.num_requests == 40
    assert steady.num_refused == 1 and len(steady.rss_mb) == 10 and min(steady.rss_mb) > steady.trimmed_mb / 2 > 50


def segments(system: str, speed: float) -> list[Segment]:
    made = []
    for number in range(3):
        for load in (0.5, 0.8, 1.0):
            latencies_s = {"icon": [1 / speed, 2 / speed], "splash": [3 / speed]}
            in_time = 1.0 if load * 1.1 < speed else 0.5
            made.append(Segment("tiny", "W4", load, number, system, speed, 0, latencies_s, in_time, 1.0))
        made.append(Segment("tiny", "W1", None, number, system, speed, 0, {"icon": [1.0], "splash": []}, None, None))
    return made


def test_report_says_what_was_met_and_what_was_not_measured(tmp_path: Path) -> None:
    speeds = {names.OURS: 4.0, names.AGAIN: 4.0, names.SAME_KEY: 1.0, names.LOCK: 0.7, names.LITSERVE: 1.0}
    measured = Measured(
        [segment for system, speed in speeds.items() for segment in segments(system, speed)],
        {"tiny": {names.LITSERVE: ("8", "0.02")}},
        [Overhead("tiny", number, ours_ms=6.0, echo_ms=5.0) for number in range(3)],
        {"tiny": {"icon": 0.25, "splash": 0.5}},
    )
    page = render(measured)
    assert "| W4 icon p95 at 0.8, best peer / ours | >= 3.5 | 4.00 (4.00 to 4.00) |" in page
    assert "| W1 saturated, ours / best batching peer | >= 1.0 | 4.00 (4.00 to 4.00) | LitServe | yes |" in page
    assert "| HTTP overhead p50, ours / two-hop echo | <= 1.5 | 1.20 (1.20 to 1.20) | Serve echo | yes |" in page
    assert "| W3 saturated, ours / serial | >= 3.0 |  |  | not measured |" in page
    assert "One UNet call with 16 rows takes 0.25 (at the size of icon), 0.50 (at the size of splash) of" in page
    draw_loads(measured, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.width > 800
