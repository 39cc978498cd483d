"""Peers and our own engine behind the bench's doors: all draw what diffusers draws, whatever an image uses."""

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

from bench.extras import Extras
from bench.models import make_extras
from bench.peers import fastapi_lock, litserve_batch, own_engine
from bench.peers.drawing import Drawing
from bench.trace import TraceRequest, every_mix
from deployments.engine.engine import Engine

ROCKET = TraceRequest(0.0, "icon", "white rocket", 64, 64, num_steps=4, guidance_scale=5.0, seed=7)


@pytest.fixture(scope="module")
def starter(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With extras beside it."""
    folder = tmp_path_factory.mktemp("bench") / "starter"
    folder.symlink_to(models_dir / "starter")
    make_extras(folder, num_loras=2)
    return folder


@pytest.fixture(scope="module")
def engine(starter: Path) -> Iterator[Engine]:
    engine = own_engine.start_engine(starter)
    yield engine
    engine.stop()


@pytest.fixture(scope="module", autouse=True)
def threads_as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def expected(starter: Path) -> np.ndarray:
    pipeline = StableDiffusionXLPipeline.from_pretrained(starter, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    image = pipeline(
        ROCKET.prompt, width=64, height=64, num_inference_steps=4, guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]  # fmt: skip
    return np.asarray(image).astype(int)


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content))).astype(int)


def assert_same(content: bytes, expected: np.ndarray) -> None:
    assert np.abs(decoded(content) - expected).max() <= 1


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
    starter: Path, engine: Engine, expected: np.ndarray, gate: type[own_engine.Gate]
) -> None:
    with TestClient(own_engine.build_app(engine, Extras.beside(starter), gate())) as client:
        response = client.post("/draw", json=dataclasses.asdict(ROCKET))
    assert_same(response.content, expected)


@pytest.mark.filterwarnings("ignore:Already found a `peft_config`:UserWarning")  # two adapters is what we want
def test_with_every_set_of_features_all_draw_the_same(starter: Path, engine: Engine) -> None:
    """Nobody skips work: each feature is seen, and an image of ours is that of the peers within 2 of 255."""
    drawing, extras = Drawing(starter), Extras.beside(starter)
    *icons, splash = every_mix(num_steps=3)
    mixes = [*icons[: len(icons) // 2 + 1], splash]  # all sets of features; the last has them all
    jobs = [engine.submit(own_engine.image_request(request, extras)) for request in mixes]
    theirs = dict(zip(mixes, (decoded(content) for content in drawing.draw(mixes)), strict=True))
    for request, job in zip(mixes, jobs, strict=True):
        ours = job.result.result().pixels_HWC.astype(int)
        assert np.abs(ours - theirs[request]).max() <= 2, request
    for feature in ("lora", "control", "reference"):
        request = next(request for request in mixes if getattr(request, feature))
        (plain,) = drawing.draw([dataclasses.replace(request, lora=None, control=None, reference=None)])
        assert np.abs(decoded(plain) - theirs[request]).max() > 4, feature
    one, two = (dataclasses.replace(ROCKET, lora=name) for name in ("lora-1", "lora-2"))
    first, second, third = (decoded(content) for content in drawing.draw([one, two, ROCKET]))
    assert min(np.abs(first - second).max(), np.abs(second - third).max()) > 4  # the adapter is switched
    ours = engine.submit(own_engine.image_request(one, extras)).result.result().pixels_HWC.astype(int)
    assert np.abs(ours - first).max() <= 2


def test_grouping_by_key_keeps_each_image_and_its_place(starter: Path, expected: np.ndarray) -> None:
    """What LitServe and Ray's `@serve.batch` are given."""
    other = dataclasses.replace(ROCKET, seed=8)
    longer = dataclasses.replace(ROCKET, num_steps=5)
    drawing = Drawing(starter)
    contents = drawing.draw([other, longer, ROCKET])
    assert_same(contents[2], expected)
    for content, request in zip(contents, (other, longer), strict=False):
        (alone,) = drawing.draw([request])
        assert_same(content, decoded(alone))


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
