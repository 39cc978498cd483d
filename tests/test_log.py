"""Each line of the log that is about a request says so, in the gateway and in a service."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.errors import GenerationFailed
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.log import name_requests
from deployments.model_folder import read_manifest
from deployments.schemas import GenerationRequest
from tests.door import Door, build_door
from tests.generations import hold, submit, until

REQUEST = GenerationRequest(
    generation_id="gen_1", request_id="theirs-1", prompt="white rocket", negative_prompt=None, width_px=64,
    height_px=64, num_steps=2, guidance_scale=5.0, seeds=(1,), output_format="png", output_quality=90,
)  # fmt: skip


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())

    def about(self, request_id: str) -> list[str]:
        end = f", request_id={request_id}"
        return [text.removesuffix(end) for text in self.texts if text.endswith(end)]


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines, logger = Lines(), logging.getLogger("ray.serve")
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    yield lines
    logger.setLevel(level)
    logger.removeHandler(lines)


def test_call_that_fails_is_followed_from_the_door_to_the_drawing(client: TestClient, door: Door, lines: Lines) -> None:
    door.services["icon"].failure = RuntimeError("broken")
    answer = client.post("/v1/images/generations", json={"prompt": "a"}, headers={"x-request-id": "mine-1"})
    assert answer.status_code == 500
    said = lines.about("mine-1")
    assert any(line.startswith("gen_") and line.endswith(" failed") for line in said)
    assert said[-1] == "POST /v1/images/generations 500"


def test_line_about_a_job_that_another_gateway_left_names_its_callers_request(door: Door, lines: Lines) -> None:
    hold(door)
    with as_admin(door) as client:
        job = submit(client, {"x-request-id": "left-behind"})
        until(client, job["id"], "in_progress")
    lines.texts.clear()
    another = build_door(door.data_dir)
    another.services["icon"].failure = RuntimeError("broken")
    with as_admin(another) as client:
        until(client, job["id"], "failed")
    assert lines.about("left-behind") == [f"{job['id']} failed"]


@contextmanager
def as_admin(door: Door) -> Iterator[TestClient]:
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        yield client


def test_lines_of_one_request_do_not_name_another(client: TestClient, lines: Lines) -> None:
    for name in ("one", "two"):
        client.get("/v1/keys", headers={"x-request-id": name})
    assert (lines.about("one"), lines.about("two")) == (["GET /v1/keys 200"], ["GET /v1/keys 200"])
    logging.getLogger("ray.serve").info("swept")
    assert lines.texts[-1] == "swept"


async def test_services_lines_name_it_also_from_the_engines_own_thread(
    models_dir: Path, tmp_path: Path, lines: Lines
) -> None:
    name_requests()
    model = load_model(models_dir / "starter")
    engine = Engine(equip(model, 16), max_rows=8, num_threads=1)
    engine.start()
    host = Host("icon", engine, read_manifest(models_dir / "starter"), ImageStore(f"file://{tmp_path}"))
    model.vae.decode = None  # it is called and can't be
    with pytest.raises(GenerationFailed):
        _ = [event async for event in host.draw(REQUEST)]
    engine.stop()
    said = lines.about("theirs-1")
    assert said == ["draw gen_1: 1 image(s) of 64x64, 2 steps", "an image failed"]
