"""Who comes first, through the door: priority, deadlines, and what becomes of those that can't be kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.door import Door, build_door
from tests.generations import change_all, hold, nth_drawn, read, release, submit, until

MINUTE_MS = 60_000


@pytest.fixture
def narrow(tmp_path: Path) -> Door:
    """Draws one generation at a time."""
    return build_door(tmp_path, max_under_way=1)


@pytest.fixture
def queued(narrow: Door) -> Iterator[TestClient]:
    """Whatever it submits waits behind a first generation, which is held."""
    with TestClient(narrow.api) as client:
        client.headers["authorization"] = f"Bearer {narrow.admin_key}"
        hold(narrow)
        submit(client, prompt="first")
        yield client
        release(narrow)


def test_batch_lets_later_interactive_work_go_first(queued: TestClient, narrow: Door) -> None:
    batch = submit(queued, prompt="batch", priority="batch")
    urgent = submit(queued, prompt="urgent")
    assert (batch["priority"], urgent["priority"]) == ("batch", "interactive")
    assert [read(queued, job["id"])["queue_position"] for job in (batch, urgent)] == [2, 1]
    release(narrow)
    assert [nth_drawn(narrow, count) for count in (2, 3)] == ["urgent", "batch"]
    assert [request.priority for request in narrow.services["icon"].requests] == ["interactive", "interactive", "batch"]


def test_batch_that_has_waited_is_passed_no_more(queued: TestClient, narrow: Door) -> None:
    submit(queued, prompt="batch", priority="batch")
    change_all(narrow, due_at=datetime.now(UTC))  # as if it had come ten minutes ago
    submit(queued, prompt="urgent")
    release(narrow)
    assert [nth_drawn(narrow, count) for count in (2, 3)] == ["batch", "urgent"]


def test_deadline_that_comes_sooner_goes_first(queued: TestClient, narrow: Door) -> None:
    submit(queued, prompt="whenever")
    submit(queued, prompt="relaxed", deadline_ms=60 * MINUTE_MS)
    submit(queued, prompt="pressed", deadline_ms=20_000, priority="batch")
    release(narrow)
    assert [nth_drawn(narrow, count) for count in (2, 3, 4)] == ["pressed", "whenever", "relaxed"]


def test_what_has_not_begun_by_its_deadline_expires_while_others_are_drawn(queued: TestClient, narrow: Door) -> None:
    late = submit(queued, deadline_ms=50)
    patient = submit(queued, deadline_ms=10 * MINUTE_MS)
    ended = until(queued, late["id"], "expired")
    assert ended["error"] == {"message": "its deadline passed before it was begun", "code": "deadline_passed"}
    assert ended["started_at"] is None and ended["completed_at"] >= ended["deadline_at"]
    events = queued.get(f"/v1/generations/{late['id']}/events").text
    assert events.count("event: generation.expired") == 1
    release(narrow)
    assert until(queued, patient["id"], "completed", "expired")["status"] == "completed"
    assert queued.delete(f"/v1/generations/{late['id']}").status_code == 204


def test_caller_who_waits_is_told_that_it_expired_and_not_to_repeat(queued: TestClient) -> None:
    answer = queued.post("/v1/images/generations", json={"prompt": "a", "deadline_ms": 50})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "deadline_passed")
    assert answer.headers["x-should-retry"] == "false"


def test_deadline_goes_with_the_request_to_the_service(client: TestClient, door: Door) -> None:
    client.post("/v1/images/generations", json={"prompt": "a", "deadline_ms": MINUTE_MS})
    (request,) = door.services["icon"].requests
    assert request.deadline_at is not None
    assert timedelta(seconds=40) < request.deadline_at - datetime.now(UTC) <= timedelta(seconds=60)


@pytest.mark.parametrize("path", ["/v1/generations", "/v1/images/generations"])
def test_key_of_batch_work_is_never_interactive(client: TestClient, door: Door, path: str) -> None:
    made = client.post("/v1/keys", json={"name": "night", "limits": {"highest_priority": "batch"}}).json()
    key = {"authorization": f"Bearer {made['key']}"}
    refused = client.post(path, json={"prompt": "a", "priority": "interactive"}, headers=key)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["param"]) == (403, "priority_not_allowed", "priority")
    for said in ({}, {"priority": "batch"}):
        assert client.post(path, json={"prompt": "a", **said}, headers=key).status_code in (200, 202)
    nth_drawn(door, 2)
    assert {request.priority for request in door.services["icon"].requests} == {"batch"}
