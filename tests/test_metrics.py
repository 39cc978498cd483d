"""What is measured, through the door and in a service, and that its labels have few values."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.errors import GenerationFailed
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.schemas import GenerationRequest
from deployments.service_metrics import ServiceMetrics
from serve_app.metrics import GatewayMetrics
from tests.door import Door, build_door
from tests.generations import hold, release, submit, until
from tests.recorder import Recorder
from tests.routes import all_routes

DOCS = Path(__file__).parent.parent / "docs" / "metrics.md"
REQUEST = GenerationRequest(
    generation_id="gen_1", request_id="req-1", prompt="white rocket", negative_prompt=None, width_px=64, height_px=64,
    num_steps=3, guidance_scale=5.0, seeds=(1, 2), output_format="png", output_quality=90,
)  # fmt: skip


def wait_until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def test_every_route_is_counted_and_timed_under_its_template(client: TestClient, door: Door) -> None:
    for route in all_routes(door):
        before = sum(map(sum, door.metrics.series["emblem_http_requests"].values.values()))
        client.request(route.method, route.url())
        assert sum(map(sum, door.metrics.series["emblem_http_requests"].values.values())) == before + 1
    counted = {(found["method"], found["template"]) for found in door.metrics.labels("emblem_http_requests")}
    routed = {(route.method, route.path) for route in all_routes(door) if route.path.startswith("/v1/")}
    assert routed <= counted
    assert {template for _, template in counted} <= {route.path for route in all_routes(door)} | {"none"}
    templates = {found["template"] for found in door.metrics.labels("emblem_http_request_seconds")}
    assert templates == {template for _, template in counted}


def test_what_a_caller_sends_becomes_no_label(client: TestClient, door: Door) -> None:
    for path in ("/v1/files/one", "/v1/files/two", "/secret", "/v1/secret"):
        client.get(path)
    client.request("BREW", "/v1/files")
    said = {text for name in door.metrics.series for found in door.metrics.labels(name) for text in found.values()}
    assert said.isdisjoint({"one", "two", "/secret", "/v1/secret", "BREW"}) and "other" in said
    assert door.metrics.told("emblem_http_requests", method="GET", template="/v1/files/{file_id}", status="404") == [
        1,
        1,
    ]


def test_refusals_are_counted_by_their_code_wherever_they_are_made(client: TestClient, door: Door) -> None:
    client.get("/v1/keys", headers={"authorization": "Bearer no"})
    client.post("/v1/images/generations", json={"prompt": "a", "size": "1x1"})
    client.post("/v1/images/generations", content=b"x" * 300_000)
    door.services["icon"].failure = GenerationFailed("broken")
    streamed = client.post("/v1/images/generations", json={"prompt": "a", "stream": True})
    assert "generation_failed" in streamed.text
    codes = [found["code"] for found in door.metrics.labels("emblem_http_rejects")]
    assert codes == ["invalid_api_key", "invalid_size", "payload_too_large", "generation_failed"]


@pytest.mark.parametrize("outcome", ["completed", "failed", "cancelled"])
def test_each_generation_is_counted_once_by_how_it_ended(client: TestClient, door: Door, outcome: str) -> None:
    if outcome == "failed":
        door.services["splash"].failure = GenerationFailed("broken")
    if outcome == "cancelled":
        door.services["splash"].may_draw.clear()
    job = submit(client, model="splash")
    if outcome == "cancelled":
        for _ in range(2):
            client.post(f"/v1/generations/{job['id']}/cancel")
    until(client, job["id"], outcome)
    assert door.metrics.labels("emblem_generations") == [{"kind": "splash", "outcome": outcome}]
    assert door.metrics.told("emblem_generations", kind="splash", outcome=outcome) == [1]
    (wait_s,) = door.metrics.told("emblem_queue_wait_seconds", kind="splash")
    (whole_s,) = door.metrics.told("emblem_generation_seconds", kind="splash", outcome=outcome)
    assert 0 <= wait_s <= whole_s < 20
    door.services["splash"].may_draw.set()


def test_those_that_wait_are_seen_while_they_do(tmp_path: Path) -> None:
    door = build_door(tmp_path, max_under_way=1)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        hold(door)
        jobs = [submit(client) for _ in range(3)]
        wait_until(lambda: door.metrics.told("emblem_queue_depth", kind="icon")[-1] == 2)
        assert door.metrics.told("emblem_queue_depth", kind="splash")[-1] == 0
        client.post(f"/v1/generations/{jobs[2]['id']}/cancel")
        release(door)
        wait_until(lambda: door.metrics.told("emblem_queue_depth", kind="icon")[-1] == 0)
        until(client, jobs[1]["id"], "completed")
    assert len(door.metrics.told("emblem_queue_wait_seconds", kind="icon")) == 2  # the third was never begun


def test_open_streams_are_counted_until_they_end(client: TestClient, door: Door) -> None:
    for _ in range(2):
        client.post("/v1/images/generations", json={"prompt": "a", "stream": True})
    assert door.metrics.told("emblem_open_streams") == [1, 0, 1, 0]


async def test_service_tells_of_its_calls_its_device_its_images_and_its_cache(models_dir: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    metrics = ServiceMetrics("icon", recorder)
    engine = Engine(equip(load_model(models_dir / "starter"), 16), max_rows=8, num_threads=1, watcher=metrics)
    store = ImageStore(f"file://{tmp_path}")
    host = Host("icon", engine, read_manifest(models_dir / "starter"), store, on_stored=metrics.stored_image)
    engine.start()
    began_s = time.monotonic()
    _ = [event async for event in host.draw(REQUEST)]
    engine.stop()
    whole_s = time.monotonic() - began_s
    rows = recorder.told("emblem_unet_call_rows", kind="icon")
    assert sum(rows) == 2 * 3 * 2 and 3 <= len(rows) <= 6 and max(rows) <= 4  # images × steps × with guidance
    assert 0 < sum(recorder.told("emblem_device_seconds", kind="icon")) <= whole_s
    for phase in ("queue", "denoise", "decode", "store"):
        seconds = recorder.told("emblem_image_seconds", kind="icon", phase=phase)
        assert len(seconds) == 2 and all(0 <= one < whole_s for one in seconds), phase
    fresh = len(recorder.told("emblem_prompt_encodings", kind="icon", is_cached="no"))
    known = len(recorder.told("emblem_prompt_encodings", kind="icon", is_cached="yes"))
    assert fresh == 2 and known >= 2  # the prompt and the empty one


def test_docs_list_exactly_what_there_is() -> None:
    gateway, service = Recorder(), Recorder()
    GatewayMetrics(gateway)
    ServiceMetrics("icon", service)
    named = re.findall(r"^\| `ray_(emblem_[a-z_]+?)(?:_total)?` ", DOCS.read_text(), re.MULTILINE)
    assert sorted(named) == sorted([*gateway.series, *service.series])
