"""What Icon and Splash both hold: from a request to stored images, and what is left when that fails."""

import asyncio
import io
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.errors import Expired, Unavailable
from deployments.host import Host, open_host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.schemas import GenerationRecord, GenerationRequest, ImageProgress, ImageRecord, StyleUse
from tests.recorder import Recorder

REQUEST = GenerationRequest(
    generation_id="gen_1", request_id="req-1", prompt="white rocket", negative_prompt=None, width_px=64, height_px=96,
    num_steps=2, guidance_scale=5.0, seeds=(1, 2), output_format="png", output_quality=90,
)  # fmt: skip


@pytest.fixture
def engine(models_dir: Path) -> Iterator[Engine]:
    engine = Engine(equip(load_model(models_dir / "starter"), 16), max_rows=8, num_threads=1, max_waiting=3)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def host(engine: Engine, models_dir: Path, tmp_path: Path) -> Host:
    return Host("icon", engine, read_manifest(models_dir / "starter"), ImageStore(f"file://{tmp_path}"))


async def draw(host: Host, request: GenerationRequest) -> GenerationRecord:
    *_, last = [event async for event in host.draw(request)]
    assert isinstance(last, GenerationRecord)
    return last


async def test_images_are_stored_and_only_records_come_back(host: Host, tmp_path: Path) -> None:
    record = await draw(host, REQUEST)
    assert [image.seed for image in record.images] == [1, 2]
    pixels = []
    for image in record.images:
        content = (tmp_path / image.key).read_bytes()
        assert len(content) == image.size_bytes
        with Image.open(io.BytesIO(content)) as opened:
            assert opened.size == (64, 96)
            pixels.append(np.asarray(opened).astype(int))
    assert np.abs(pixels[0] - pixels[1]).mean() > 2
    assert record.num_prompt_tokens == 11 and not record.is_prompt_truncated
    assert record.timings.denoise_ms > 0 and record.timings.store_ms > 0


async def test_images_drawn_together_share_the_devices_seconds(host: Host) -> None:
    began_s = time.monotonic()
    record = await draw(host, REQUEST.model_copy(update={"num_steps": 6}))
    assert 0 < record.device_s < time.monotonic() - began_s  # each alone was under way for nearly all of it
    assert record.device_s > record.timings.denoise_ms / 2000


async def test_request_that_does_not_fit_the_queue_leaves_nothing_running(host: Host, engine: Engine) -> None:
    with pytest.raises(Unavailable, match="full"):
        await draw(host, REQUEST.model_copy(update={"seeds": (1, 2, 3, 4), "num_steps": 100}))
    await _until_idle(engine)
    assert (await draw(host, REQUEST)).images


async def test_what_comes_too_late_is_not_begun(host: Host, engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(Expired) as late:
        await draw(host, REQUEST.model_copy(update={"deadline_at": datetime.now(UTC)}))
    assert late.value.code == "deadline_passed" and not [*tmp_path.iterdir()]
    await _until_idle(engine)
    in_time = {"deadline_at": datetime.now(UTC) + timedelta(minutes=1), "priority": "batch"}
    assert (await draw(host, REQUEST.model_copy(update=in_time))).images


async def test_steps_previews_and_early_images_are_told_when_asked_for(host: Host) -> None:
    request = REQUEST.model_copy(update={"seeds": (1, 2, 3), "num_steps": 6, "reports_steps": True, "preview_every": 2})
    *early, last = [event async for event in host.draw(request)]
    assert isinstance(last, GenerationRecord)
    steps = [event for event in early if isinstance(event, ImageProgress)]
    assert {step.num_steps for step in steps} == {6} and {step.index for step in steps} == {0, 1, 2}
    for index in range(3):
        own = [step.step for step in steps if step.index == index]
        assert own == sorted(set(own))
    previews = [step.preview_png for step in steps if step.preview_png]
    assert previews and all(Image.open(io.BytesIO(png)).size == (64, 96) for png in previews)
    images = [event for event in early if isinstance(event, ImageRecord)]
    assert len(images) == 2 and set(images) < set(last.images)


async def test_steps_between_two_reports_are_not_told_but_previews_are(host: Host) -> None:
    seldom = {"seeds": (1, 2), "num_steps": 6, "reports_steps": True, "report_every_s": 3600.0}
    events = [event async for event in host.draw(REQUEST.model_copy(update=seldom))]
    told = [event.index for event in events if isinstance(event, ImageProgress)]
    assert told and len(told) == len(set(told))
    events = [event async for event in host.draw(REQUEST.model_copy(update=seldom | {"preview_every": 1}))]
    assert len([event for event in events if isinstance(event, ImageProgress)]) > 2


async def test_nothing_is_told_that_nobody_asked_for(host: Host) -> None:
    (only,) = [event async for event in host.draw(REQUEST.model_copy(update={"seeds": (1,), "num_steps": 6}))]
    assert isinstance(only, GenerationRecord)


async def test_cancelled_request_stops_being_drawn(host: Host, engine: Engine) -> None:
    task = asyncio.create_task(draw(host, REQUEST.model_copy(update={"num_steps": 1000})))
    while host.describe().num_active_images < 2:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _until_idle(engine)


async def _until_idle(engine: Engine) -> None:
    async with asyncio.timeout(20):
        while engine.num_unfinished:
            await asyncio.sleep(0.01)


def test_opened_host_says_what_it_serves_and_is_well(models_dir: Path, tmp_path: Path) -> None:
    host = open_host(
        "splash",
        "starter",
        str(models_dir),
        f"file://{tmp_path}",
        str(tmp_path),
        gpu_fraction=0.0,
        instruments=Recorder(),
    )
    state = host.describe()
    assert (state.kind, state.weights, state.num_active_images) == ("splash", "random", 0)
    assert state.model_version == read_manifest(models_dir / "starter").version and not state.has_references
    host.check()
    host.close()


async def test_medium_is_said_where_the_prompt_does_not(
    host: Host, engine: Engine, models_dir: Path, tmp_path: Path
) -> None:
    store = ImageStore(f"file://{tmp_path}")
    splash = Host("splash", engine, read_manifest(models_dir / "starter"), store, medium="splash screen")
    asked = [(splash, "sea"), (splash, "Splash screen of sea"), (host, "splash screen of sea"), (host, "sea")]
    records = [await draw(one, REQUEST.model_copy(update={"prompt": prompt})) for one, prompt in asked]
    digests = [record.images[0].sha256 for record in records]
    assert digests[0] == digests[1] == digests[2] != digests[3]


async def test_words_of_a_style_are_drawn_around_the_prompt(host: Host) -> None:
    style = StyleUse(id="line@1", name="Line", prefix="small", suffix="line style")
    asked = [{"prompt": "sea", "style": style}, {"prompt": "small sea, line style"}, {"prompt": "sea"}]
    digests = [(await draw(host, REQUEST.model_copy(update=one))).images[0].sha256 for one in asked]
    assert digests[0] == digests[1] != digests[2]
