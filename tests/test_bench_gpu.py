"""The GPU benchmark, run small on the CPU; what it claims about SDXL's shapes, at full size without weights."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch._dynamo.utils

from bench.gpu import report
from bench.gpu.__main__ import run, take
from bench.gpu.architecture import SDXL, build_unet, build_vae
from bench.gpu.flops import decode_flops, floor_s, unet_row_flops
from bench.gpu.goals import GOALS
from bench.gpu.plan import TEST
from bench.gpu.rows import Figure, Measurement, Row
from bench.gpu.session import Session, relative_l2
from bench.gpu.variants import Variant, build, inference

RESULTS = Path(report.__file__).parent / "results.md"
META = torch.device("meta")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(num_threads)


def test_every_measurement_becomes_a_row(tmp_path: Path) -> None:
    rows = run(tmp_path, is_tiny=True, seconds_per_case=0.01, budget_s=560)

    reasons = {row.reason for row in rows if row.status != "measured"}
    assert all("CUDA" in reason or reason == "peft is not installed" for reason in reasons)
    assert {row.status for row in rows} == {"measured", "not measured"}
    assert {"roofline", "denoising step", "images", "decode", "LoRA", "training step"} == {row.case for row in rows}
    assert {goal.key for goal in GOALS} == {row.goal for row in rows if row.goal}
    errors = [row.figure.relative_l2 for row in rows if row.figure and row.figure.relative_l2 is not None]
    assert max(errors) < 1e-4  # float32 throughout: every variant computes the same
    page = (tmp_path / "results.md").read_text()
    assert all(row.name in page for row in rows)
    assert "this was no CUDA machine" in page
    assert (tmp_path / "results.json").stat().st_size > 1000


def test_architecture_is_sdxl() -> None:
    """Parameters as in the published files; FLOPs as counted by hand in `reference/performance.md` §2."""
    unet, vae = build_unet(SDXL, META, torch.bfloat16), build_vae(SDXL, META, torch.bfloat16)
    assert sum(parameter.numel() for parameter in unet.parameters()) == 2_567_463_684
    assert sum(parameter.numel() for parameter in vae.parameters()) == 83_653_863
    assert sum(unet_row_flops(SDXL, 1024).values()) == pytest.approx(6.76e12, rel=0.005)
    assert sum(decode_flops(SDXL, 1024).values()) == pytest.approx(10.5e12, rel=0.005)


def test_floor_is_known_only_when_every_rate_is() -> None:
    flops = {"linear": 4.0, "conv": 2.0}
    assert floor_s(flops, {"linear": 2.0, "conv": 1.0, "attention": 1.0}, num_rows=3) == pytest.approx(12.0)
    assert floor_s(flops, {"linear": 2.0}) is None


def test_compiled_fp8_variant_compiles_whole_blocks() -> None:
    session = Session(TEST, torch.device("cpu"), torch.bfloat16, seconds=0.01, deadline_s=time.monotonic() + 100)
    built = build(session, Variant("fp8", is_ours=True, compiled=("BasicTransformerBlock",), is_fp8=True))
    inputs = session.inputs((64, 1))
    with inference(built):
        error = relative_l2(built.call_unet(inputs), inputs.call(session.unet))
    assert 1e-3 < error < 0.2
    assert any(parameter.dtype == torch.float8_e4m3fn for parameter in built.unet.parameters())
    assert not torch._dynamo.utils.counters["graph_break"]


def test_failure_and_lack_of_time_are_rows_and_the_rest_goes_on() -> None:
    def fail() -> Figure:
        raise ValueError("no such kernel\nand a long story")

    failed = take(Measurement("decode", "broken", fail, expected_s=1.0), left_s=10.0)
    assert (failed.status, failed.reason) == ("failed", "ValueError: no such kernel")
    skipped = take(Measurement("decode", "late", fail, expected_s=30.0), left_s=10.0)
    assert (skipped.status, skipped.reason) == ("skipped", "takes up to 30 s, 10 s were left")


def test_goal_counts_the_best_row_of_its_unit() -> None:
    goal = next(goal for goal in GOALS if goal.key == "decode")
    rows = [
        Row("decode", name, "decode", "measured", figure=Figure(value, "ms"))
        for name, value in (("plain", 40.0), ("compiled", 24.0))
    ]
    best = goal.best(rows)
    assert best is not None and best.name == "compiled"
    assert goal.is_met(best) and not goal.is_met(rows[0])
    assert goal.best([]) is None


def test_committed_report_holds_the_goals() -> None:
    page = RESULTS.read_text()
    assert all(goal.text in page and goal.wanted in page for goal in GOALS)
    assert page == report.render_unmeasured() or "Made by `python -m bench.gpu`" in page
