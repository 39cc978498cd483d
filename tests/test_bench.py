"""The benchmark's own honesty: repeatable traces, known statistics, peers that draw what diffusers draws."""

import asyncio
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from fastapi.testclient import TestClient
from PIL import Image

from bench import systems as names
from bench.load import TIMEOUT_S, closed_loop, open_loop
from bench.overhead import Overhead
from bench.peers import fastapi_lock, litserve_batch, own_engine
from bench.peers.drawing import Drawing
from bench.plots import draw_loads
from bench.report import render
from bench.serving import AGAIN, Measured, Segment
from bench.stats import Ratio, paired_ratio, percentile, sustained_load
from bench.systems import graph_body
from bench.trace import W1, W4, W6, WORKLOADS, TraceRequest, make_trace, missing_features, without
from serve_app.schemas import ImageGenerationBody

ROCKET = TraceRequest(0.0, "icon", "white rocket", 64, 64, num_steps=4, guidance_scale=5.0, seed=7)


@pytest.fixture(scope="module")
def starter(models_dir: Path) -> Path:
    return models_dir / "starter"


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
    plain = make_trace(without(W4, W4.features), 20, seed=0)
    assert {(request.lora, request.sampler) for request in plain} == {(None, "euler")}


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_trace_holds_the_http_api_can_say(name: str) -> None:
    workload = WORKLOADS[name]
    assert set(missing_features(workload)) <= set(workload.features)
    for request in make_trace(without(workload, missing_features(workload)), 20, seed=0):
        ImageGenerationBody.model_validate(graph_body(request))


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


def png(side_px: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side_px, 64)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def expected(starter: Path) -> np.ndarray:
    pipeline = StableDiffusionXLPipeline.from_pretrained(starter, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    image = pipeline(
        ROCKET.prompt, width=64, height=64, num_inference_steps=4, guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]  # fmt: skip
    return np.asarray(image).astype(int)


def assert_same(content: bytes, expected: np.ndarray) -> None:
    assert np.abs(np.asarray(Image.open(io.BytesIO(content))).astype(int) - expected).max() <= 1


def test_peer_fastapi_draws_what_diffusers_draws(starter: Path, expected: np.ndarray) -> None:
    with TestClient(fastapi_lock.build_app(starter)) as client:
        response = client.post("/draw", json=dataclasses.asdict(ROCKET))
    assert_same(response.content, expected)


def test_peer_litserve_draws_what_diffusers_draws(starter: Path, expected: np.ndarray) -> None:
    api = litserve_batch.DrawingApi(starter, max_batch_size=4, batch_timeout_s=0.01)
    api.setup("cpu")
    batch = api.batch([api.decode_request(dataclasses.asdict(ROCKET))])
    (content,) = api.unbatch(api.predict(batch))
    assert_same(bytes(api.encode_response(content).body), expected)


@pytest.mark.parametrize("gate", [own_engine.OpenGate, own_engine.SameKeyGate])
def test_own_engine_draws_what_diffusers_draws(
    starter: Path, expected: np.ndarray, gate: type[own_engine.Gate]
) -> None:
    engine = own_engine.start_engine(starter)
    with TestClient(own_engine.build_app(engine, gate())) as client:
        response = client.post("/draw", json=dataclasses.asdict(ROCKET))
    engine.stop()
    assert_same(response.content, expected)


def test_grouping_by_key_keeps_each_image_and_its_place(starter: Path, expected: np.ndarray) -> None:
    """What LitServe and Ray's `@serve.batch` are given."""
    other = dataclasses.replace(ROCKET, seed=8)
    longer = dataclasses.replace(ROCKET, num_steps=5)
    drawing = Drawing(starter)
    contents = drawing.draw([other, longer, ROCKET])
    assert_same(contents[2], expected)
    for content, request in zip(contents, (other, longer), strict=False):
        (alone,) = drawing.draw([request])
        assert_same(content, np.asarray(Image.open(io.BytesIO(alone))).astype(int))


async def test_same_key_gate_lets_equals_in_together_and_others_wait_in_line() -> None:
    gate = own_engine.SameKeyGate()
    entered: list[str] = []

    async def visit(name: str, key: str) -> None:
        await gate.enter((key,))
        entered.append(name)

    visits = [asyncio.create_task(visit(*who)) for who in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"))]
    await asyncio.sleep(0.01)
    assert entered == ["a1", "a2"]  # a3 stands behind b1: first come, first served
    gate.leave()
    gate.leave()
    await asyncio.sleep(0.01)
    assert entered == ["a1", "a2", "b1"]
    gate.leave()
    await asyncio.gather(*visits)
    assert entered[-1] == "a3"


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
    speeds = {names.OURS: 4.0, AGAIN: 4.0, names.SAME_KEY: 1.0, names.LOCK: 0.7, names.LITSERVE: 1.0}
    measured = Measured(
        [segment for system, speed in speeds.items() for segment in segments(system, speed)],
        {"tiny": {names.LITSERVE: ("8", "0.02")}},
        [Overhead("tiny", number, ours_ms=6.0, echo_ms=5.0) for number in range(3)],
    )
    page = render(measured)
    assert "| W4 icon p95 at 0.8, best peer / ours | >= 3.5 | 4.00 (4.00 to 4.00) |" in page
    assert "| W1 saturated, ours / best batching peer | >= 1.0 | 4.00 (4.00 to 4.00) | LitServe | yes |" in page
    assert "| HTTP overhead p50, ours / two-hop echo | <= 1.5 | 1.20 (1.20 to 1.20) | Serve echo | yes |" in page
    assert "| W3 saturated, ours / serial | >= 3.0 |  |  | not measured |" in page
    draw_loads(measured, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.width > 800
