"""What drawing costs and how long it takes, through the door: measured, told before and while one waits, and honest."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deployments.schemas import GenerationRequest
from serve_app.jobs.pace import Measurement, Pace
from tests.door import Door, build_door
from tests.generations import hold, read, release, submit, until

SIZE = {"size": "64x64", "num_inference_steps": 10}


@pytest.fixture
def narrow(tmp_path: Path) -> Door:
    return build_door(tmp_path, max_under_way=1)


@pytest.fixture
def measured(narrow: Door) -> Iterator[TestClient]:
    """Icons of 64x64 take 0.2 s a step, which is known from one that was drawn."""
    with TestClient(narrow.api) as client:
        client.headers["authorization"] = f"Bearer {narrow.admin_key}"
        narrow.services["icon"].device_s = 2.0
        until(client, submit(client, **SIZE)["id"], "completed")
        yield client
        release(narrow)


def quote(client: TestClient, headers: dict[str, str] | None = None, **fields: object) -> dict[str, object]:
    answer = client.post("/v1/generations", json={"prompt": "a", "dry_run": True, **SIZE, **fields}, headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def test_seconds_of_a_step_come_from_images_of_that_size_and_else_from_their_pixels() -> None:
    request = GenerationRequest(
        generation_id="g", request_id="r", prompt="a", negative_prompt=None, width_px=64, height_px=64, num_steps=10,
        guidance_scale=5.0, seeds=(1, 2), output_format="png", output_quality=90, strength=0.5,
    )  # fmt: skip
    small, large = Measurement(64 * 64, 20, 2.0), Measurement(128 * 128, 10, 40.0)
    assert Pace([small, large]).device_s(request) == pytest.approx(2 * 5 * 2 * 0.1)
    assert Pace([large]).device_s(request) == pytest.approx(2 * 5 * 2 * 4.0 / 4)
    assert Pace([small]).device_s(request.model_copy(update={"guidance_scale": 1.0})) == pytest.approx(2 * 5 * 0.1)
    assert Pace([]).device_s(request) is None


def test_quote_follows_what_was_measured_and_keeps_nothing(measured: TestClient, narrow: Door) -> None:
    told = quote(measured, n=3, num_inference_steps=5)
    assert told == {"object": "image.quote", "device_s": pytest.approx(3.0), "wait_s": 0.0, "refusal": None}
    assert len(measured.get("/v1/generations").json()["data"]) == 1
    assert len(narrow.services["icon"].requests) == 1


def test_nothing_is_quoted_before_anything_was_measured(client: TestClient) -> None:
    told = quote(client)
    assert (told["device_s"], told["wait_s"], told["refusal"]) == (None, 0.0, None)


def test_who_waits_is_told_how_long(measured: TestClient, narrow: Door) -> None:
    hold(narrow)
    first, second, third = (submit(measured, **SIZE, n=count) for count in (1, 2, 1))
    until(measured, first["id"], "in_progress")
    etas = [read(measured, job["id"])["eta_s"] for job in (first, second, third)]
    assert etas == [None, pytest.approx(2 + 4), pytest.approx(2 + 4 + 2)]
    assert quote(measured)["wait_s"] == pytest.approx(8.0)
    assert quote(measured, priority="batch")["wait_s"] == pytest.approx(8.0)
    batch = submit(measured, **SIZE, priority="batch")
    assert read(measured, batch["id"])["eta_s"] == pytest.approx(10.0)
    assert quote(measured)["wait_s"] == pytest.approx(8.0)  # it goes before the batch
    measured.post(f"/v1/generations/{second['id']}/cancel")
    assert read(measured, third["id"])["eta_s"] == pytest.approx(4.0)


def test_stream_tells_how_long_beside_the_place(measured: TestClient, narrow: Door) -> None:
    hold(narrow)
    submit(measured, **SIZE)
    waiting = submit(measured, **SIZE, deadline_ms=4500)
    events = measured.get(f"/v1/generations/{waiting['id']}/events").text  # until it expires
    assert '"type":"generation.queue","queue_position":1,"eta_s":4.0' in events


def test_deadline_that_can_not_be_met_is_refused_at_once_with_the_wait(measured: TestClient, narrow: Door) -> None:
    hold(narrow)
    submit(measured, **SIZE, n=5)
    asked = {"prompt": "a", **SIZE, "deadline_ms": 5000}
    refused = measured.post("/v1/generations", json=asked)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"], error["code"]) == (429, "rate_limit_error", "deadline_unmeetable")
    assert 6.9 < int(refused.headers["retry-after-ms"]) / 1000 < 8  # ten seconds before it and two of its own
    refusal = quote(measured, deadline_ms=5000)["refusal"]
    assert isinstance(refusal, dict) and refusal["code"] == "deadline_unmeetable"
    never = measured.post("/v1/generations", json=asked | {"n": 4})
    assert never.headers["x-should-retry"] == "false" and "retry-after" not in never.headers
    assert measured.post("/v1/generations", json=asked | {"deadline_ms": 60_000}).status_code == 202


def test_quote_tells_what_the_limits_would_leave_and_spends_nothing(client: TestClient) -> None:
    made = client.post("/v1/keys", json={"name": "limited", "limits": {"images_per_minute": 4}}).json()
    key = {"authorization": f"Bearer {made['key']}"}
    body = {"prompt": "a", "dry_run": True, "n": 3}
    for _ in range(3):
        answer = client.post("/v1/generations", json=body, headers=key)
        assert (answer.status_code, answer.headers["x-ratelimit-remaining-images"]) == (200, "1")
    refusal = quote(client, key, n=5)["refusal"]
    assert isinstance(refusal, dict) and refusal["code"] == "rate_limit_exceeded"
    assert client.post("/v1/generations", json={"prompt": "a", "n": 4}, headers=key).status_code == 202
