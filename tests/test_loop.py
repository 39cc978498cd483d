"""The loop's manners: neighbours, failures, memory, order, progress, a bounded queue."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from deployments.engine.engine import Engine
from deployments.engine.equipment import Equipment, equip
from deployments.engine.job import Job
from deployments.engine.load import load_model
from deployments.engine.request import ImageRequest
from deployments.errors import GenerationFailed, Unavailable

LEAF = ImageRequest("green leaf", None, 64, 64, num_steps=4, guidance_scale=5.0, seed=1)


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    return equip(load_model(models_dir / "starter"), max_lora_rank=16)


@contextmanager
def running(equipment: Equipment, **options: Any) -> Iterator[Engine]:
    engine = Engine(equipment, **{"max_rows": 8, "num_threads": 1, **options})
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


@contextmanager
def before_unet(equipment: Equipment, hook: Callable[[int], None]) -> Iterator[None]:
    """Calls `hook` with the number of rows before each call of the UNet."""
    handle = equipment.model.unet.register_forward_pre_hook(lambda _, args: hook(len(args[0])))
    try:
        yield
    finally:
        handle.remove()


def pixels(job: Job) -> np.ndarray:
    return job.result.result(timeout=60).pixels_HWC


@pytest.fixture(scope="module")
def expected(equipment: Equipment) -> np.ndarray:
    with running(equipment) as engine:
        return pixels(engine.submit(LEAF))


def held_back() -> tuple[threading.Event, Callable[[int], None]]:
    """A hook that holds the first call of the UNet until the event, so that what is submitted meanwhile waits."""
    release = threading.Event()
    return release, lambda _: (release.wait(30), None)[1]


def test_failure_of_one_unit_does_not_fail_its_neighbours(equipment: Equipment, expected: np.ndarray) -> None:
    def fail_together_and_one_alone(rows: int) -> None:
        if rows in (1, 3):  # the unguided one, alone or beside the guided
            raise RuntimeError("a bad row")

    with before_unet(equipment, fail_together_and_one_alone), running(equipment) as engine:
        bad = engine.submit(replace(LEAF, guidance_scale=1.0))
        good = engine.submit(LEAF)
        assert np.abs(pixels(good).astype(int) - expected).max() <= 1
        with pytest.raises(GenerationFailed, match="RuntimeError"):
            bad.result.result(timeout=60)


def test_out_of_memory_shrinks_the_cap_and_every_image_is_drawn(equipment: Equipment, expected: np.ndarray) -> None:
    calls: list[int] = []
    release, hold = held_back()

    def little_memory(rows: int) -> None:
        hold(rows)
        calls.append(rows)
        if rows > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")

    with before_unet(equipment, little_memory), running(equipment) as engine:
        jobs = [engine.submit(LEAF) for _ in range(5)]
        release.set()
        for job in jobs:
            assert np.abs(pixels(job).astype(int) - expected).max() <= 1
    assert sum(rows > 4 for rows in calls) == 1  # once, and never tried again


def test_image_larger_than_memory_fails_alone(equipment: Equipment) -> None:
    def no_memory(_: int) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with running(equipment) as engine:
        with before_unet(equipment, no_memory), pytest.raises(GenerationFailed, match="OutOfMemoryError"):
            engine.submit(LEAF).result.result(timeout=60)
        assert pixels(engine.submit(LEAF)).shape == (64, 64, 3)


def test_short_work_overtakes_long_and_a_near_deadline_overtakes_both(equipment: Equipment) -> None:
    order: list[str] = []

    def submit(engine: Engine, name: str, request: ImageRequest) -> Job:
        job = engine.submit(request)
        job.result.add_done_callback(lambda _: order.append(name))
        return job

    with running(equipment, max_rows=2) as engine:
        step_s = engine.submit(LEAF).result.result(timeout=60).denoise_s / LEAF.num_steps  # its first measurement too
        release, hold = held_back()
        with before_unet(equipment, hold):
            jobs = [
                submit(engine, "first", replace(LEAF, num_steps=2)),
                submit(engine, "long", replace(LEAF, num_steps=150)),
                submit(engine, "short", replace(LEAF, num_steps=100)),
                submit(engine, "due", replace(LEAF, num_steps=10, deadline_s=60 * step_s)),
            ]
            release.set()
            for job in jobs:
                pixels(job)
    assert order == ["first", "due", "short", "long"] or order == ["due", "first", "short", "long"]


def test_progress_is_the_latest_step_with_previews_when_asked(equipment: Equipment) -> None:
    seen: list[tuple[int, tuple[int, ...] | None]] = []
    with running(equipment) as engine:
        release, hold = held_back()
        with before_unet(equipment, hold):
            job = engine.submit(replace(LEAF, preview_every=2))

            def note() -> None:
                assert job.progress
                preview = job.progress.preview_HWC
                seen.append((job.progress.step, None if preview is None else preview.shape))

            job.on_progress = note
            release.set()
            pixels(job)
    assert seen == [(1, None), (2, (8, 8, 3)), (3, None), (4, None)]  # after the last step comes the image


def test_full_queue_refuses_with_an_honest_wait(equipment: Equipment) -> None:
    with running(equipment, max_waiting=3) as engine:
        pixels(engine.submit(LEAF))
        release, hold = held_back()
        with before_unet(equipment, hold):
            jobs = [engine.submit(LEAF) for _ in range(3)]
            with pytest.raises(Unavailable, match="full") as refused:
                engine.submit(LEAF)
            estimate_s = engine.estimate_wait_s()
            release.set()
            for job in jobs:
                pixels(job)
        assert 0 < refused.value.retry_after_s == pytest.approx(estimate_s)
        assert engine.num_unfinished == 0 and engine.estimate_wait_s() == 0
        pixels(engine.submit(LEAF))


def test_budget_of_pixels_holds_images_back_and_lets_all_through(equipment: Equipment) -> None:
    rows_seen: list[int] = []
    release, hold = held_back()

    def watch(rows: int) -> None:
        hold(rows)
        rows_seen.append(rows)

    with before_unet(equipment, watch), running(equipment, max_active_pixels=2 * 64 * 64) as engine:
        jobs = [engine.submit(LEAF) for _ in range(5)] + [engine.submit(replace(LEAF, width_px=256, height_px=256))]
        release.set()
        for job in jobs:
            pixels(job)
    assert max(rows_seen) == 4  # two guided images at once, never more


def test_image_cancelled_while_it_waits_is_gone_at_once(equipment: Equipment) -> None:
    release, hold = held_back()
    with before_unet(equipment, hold), running(equipment, max_active_pixels=1) as engine:
        first, doomed, last = (engine.submit(LEAF) for _ in range(3))
        doomed.cancel()
        assert doomed.result.cancelled() and engine.num_unfinished == 2
        release.set()
        pixels(first)
        pixels(last)


def test_set_moves_in_lockstep_and_survives_the_end_of_its_leader(equipment: Equipment, expected: np.ndarray) -> None:
    with running(equipment, max_rows=2) as engine:  # the set is larger than the cap, and still goes together
        leader, follower, dropped = engine.submit_set([LEAF, LEAF, LEAF])
        leader.cancel()
        dropped.cancel()
        assert np.abs(pixels(follower).astype(int) - expected).max() <= 1
        for job in (leader, dropped):
            assert job.result.cancelled() or isinstance(job.result.exception(60), GenerationFailed)
        with pytest.raises(ValueError, match="one num_steps, got"):
            engine.submit_set([LEAF, replace(LEAF, num_steps=5)])


def test_guidance_outside_its_interval_costs_no_row(equipment: Equipment) -> None:
    rows_seen: list[int] = []
    with before_unet(equipment, rows_seen.append), running(equipment) as engine:
        pixels(engine.submit(replace(LEAF, num_steps=8, guidance_interval=(0.25, 0.75))))
    assert rows_seen == [1, 1, 2, 2, 2, 2, 1, 1]


def test_memory_is_flat_over_many_mixed_requests(equipment: Equipment) -> None:
    import psutil

    with running(equipment) as engine:

        def draw(seeds: range) -> None:
            jobs = [
                engine.submit(replace(LEAF, prompt=f"leaf {seed}", seed=seed, num_steps=1 + seed % 3, preview_every=1))
                for seed in seeds
            ]
            for job in jobs:
                pixels(job)

        draw(range(60))
        before = psutil.Process().memory_info().rss
        draw(range(60, 120))
        grown = psutil.Process().memory_info().rss - before
    assert grown < 20e6
