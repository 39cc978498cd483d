"""A service that is down for a while: who would wait for it is told at once, and the other one draws on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.errors import GenerationFailed, Unavailable
from serve_app.circuit import Circuit
from tests.door import Door, build_door
from tests.fakes import FakeService
from tests.generations import PROMPT, submit, until

DOWN = Unavailable("icon is not running", "service_unavailable", 0.0)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    """Its circuits open at the first failure."""
    return build_door(tmp_path, down_after_s=0.0)


@pytest.fixture
def down(client: TestClient, door: Door) -> Iterator[TestClient]:
    draw(client)
    door.services["icon"].failure = DOWN
    while draw(client)["code"] != "model_unavailable":
        pass
    yield client


def draw(client: TestClient, model: str = "icon", **headers: str) -> dict[str, Any]:
    answer = client.post("/v1/images/generations", json={"prompt": PROMPT, "model": model}, headers=headers)
    body: dict[str, Any] = answer.json()
    if answer.status_code == 503:
        return {"retry_after": answer.headers["retry-after"], **body["error"]}
    assert answer.status_code == 200, answer.text
    return body


def test_model_that_is_down_is_refused_unasked_and_costs_nothing_while_the_other_draws(
    down: TestClient, door: Door
) -> None:
    asked, known = len(door.services["icon"].requests), down.get("/v1/generations").json()
    refused = draw(down)
    assert (refused["code"], refused["type"], refused["retry_after"]) == ("model_unavailable", "overloaded_error", "10")
    assert "icon" in refused["message"]
    assert down.get("/v1/generations").json() == known and len(door.services["icon"].requests) == asked
    assert draw(down, "splash")["model"] == "splash"
    readiness = down.get("/readyz").json()["deployments"]
    assert (readiness["icon"]["ready"], readiness["splash"]["ready"]) == (False, True)


def test_job_waits_for_a_model_that_is_down_and_calls_come_through_when_it_answers(
    down: TestClient, door: Door
) -> None:
    job = submit(down)
    door.services["icon"].failure = None
    assert until(down, job["id"], "completed")["error"] is None
    assert draw(down)["model"] == "icon"


def test_metrics_tell_that_a_circuit_is_open_how_often_and_that_it_has_closed(down: TestClient, door: Door) -> None:
    assert [door.metrics.told("emblem_circuit_open", kind=kind)[-1] for kind in ("icon", "splash")] == [1, 0]
    door.services["icon"].failure = None
    until(down, submit(down)["id"], "completed")
    assert door.metrics.told("emblem_circuit_open", kind="icon") == [0, 1, 0]
    assert door.metrics.told("emblem_circuit_opens", kind="icon") == [1]


def test_what_was_drawn_under_a_name_is_answered_while_its_model_is_down(client: TestClient, door: Door) -> None:
    before = draw(client, **{"idempotency-key": "one"})
    door.services["icon"].failure = DOWN
    while draw(client)["code"] != "model_unavailable":
        pass
    assert draw(client, **{"idempotency-key": "one"})["id"] == before["id"]


@pytest.mark.parametrize(
    "failure", [Unavailable("icon is at its limit", "overloaded", 0.0), GenerationFailed("of this image")]
)
def test_service_that_is_full_or_fails_at_one_image_is_not_down(
    client: TestClient, door: Door, failure: Exception
) -> None:
    door.services["icon"].failure = failure
    for _ in range(3):
        answer = client.post("/v1/images/generations", json={"prompt": PROMPT})
        assert answer.json()["error"]["code"] in ("overloaded", "generation_failed")
    assert len(door.services["icon"].requests) == 3


async def test_only_a_long_failure_opens_and_one_answer_closes() -> None:
    now_s, service = [100.0], FakeService("icon", None)  # type: ignore[arg-type]
    circuit = Circuit("icon", service, down_after_s=15, clock=lambda: now_s[0])

    async def look() -> Unavailable | None:
        try:
            await circuit.describe(1)
        except Unavailable:
            pass
        return circuit.refusal()

    service.failure = DOWN
    assert await look() is None
    now_s[0] += 14.9
    assert await look() is None
    service.failure = None
    assert await look() is None
    service.failure = DOWN
    now_s[0] += 10
    assert await look() is None
    now_s[0] += 15
    refusal = await look()
    assert refusal and refusal.code == "model_unavailable"
    service.failure = None
    assert await look() is None


async def test_service_that_has_never_answered_is_starting_and_waited_for() -> None:
    now_s, service = [100.0], FakeService("icon", None)  # type: ignore[arg-type]
    circuit = Circuit("icon", service, down_after_s=15, clock=lambda: now_s[0])
    service.failure = DOWN
    for _ in range(2):
        with pytest.raises(Unavailable):
            await circuit.describe(1)
        now_s[0] += 100
    assert circuit.refusal() is None
