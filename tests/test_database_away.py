"""While the database is away or held by others, nothing is drawn and every caller is told to come again."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from deployments.errors import Unavailable
from serve_app.auth.keys import new_key
from serve_app.jobs.store import JobStore
from tests.databases import gone, locked
from tests.door import Door, build_door
from tests.generations import PROMPT, change_all, hold, release, submit, until
from tests.graph import free_port
from tests.routes import all_routes
from tests.users import PASSWORD

WAIT_S = 0.2
# Routes for all look at what they are sent before they ask the database.
BODIES = {
    "/v1/sessions": {"name": "ada", "password": PASSWORD},
    "/v1/passwords": {"token": "t" * 43, "password": PASSWORD},
}


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return build_door(tmp_path, database_wait_s=WAIT_S)


@contextmanager
def away(client: TestClient, door: Door) -> Iterator[None]:
    assert client.portal is not None
    client.portal.call(door.api.state.context.database.close)  # it connects anew, and can't
    with gone(door.database_url):
        yield


def assert_come_again(answer: httpx.Response) -> None:
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["type"]) == (503, "database_unavailable", "overloaded_error")
    assert answer.headers["retry-after"] == "5" and "sql" not in answer.text.lower()


def test_every_route_but_health_says_when_to_come_again(client: TestClient, door: Door) -> None:
    with away(client, door):
        for route in all_routes(door):
            if route.path.startswith("/v1/"):
                assert_come_again(client.request(route.method, route.url(), json=BODIES.get(route.path)))
        assert client.get("/healthz").status_code == 200
    assert client.get("/v1/generations").status_code == 200
    assert not door.services["icon"].requests


@pytest.mark.parametrize("path", ["/v1/generations", "/v1/images/generations"])
def test_nothing_is_drawn_that_could_not_be_written_down(client: TestClient, door: Door, path: str) -> None:
    client.get("/v1/models")  # the key's use is noted
    with locked(door.database_url):
        assert_come_again(client.post(path, json={"prompt": PROMPT}))
    assert not door.services["icon"].requests
    assert client.get("/v1/generations").json()["data"] == []
    assert client.post(path, json={"prompt": PROMPT}).is_success


def test_generation_whose_end_could_not_be_written_down_is_drawn_again(client: TestClient, door: Door) -> None:
    hold(door)
    job = until(client, submit(client)["id"], "in_progress")
    live = door.api.state.context.jobs.live
    with locked(door.database_url):
        release(door)
        while live(job["id"]):
            time.sleep(0.01)
    change_all(door, lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    until(client, job["id"], "completed")
    assert len(door.services["icon"].requests) == 2


def test_who_waits_is_answered_though_the_cancellation_could_not_be_written_down(
    client: TestClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def finish(*_: object) -> bool:
        raise Unavailable("the database can't be reached", "database_unavailable", 5.0)

    hold(door)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.post, "/v1/images/generations", json={"prompt": PROMPT})
        while not (jobs := client.get("/v1/generations", params={"status": "in_progress"}).json()["data"]):
            time.sleep(0.01)
        monkeypatch.setattr(JobStore, "finish", finish)
        assert client.post(f"/v1/generations/{jobs[0]['id']}/cancel").status_code == 200
        assert_come_again(answer.result(timeout=20))


def test_gateway_whose_database_server_is_not_there_says_so(tmp_path: Path) -> None:
    door = build_door(tmp_path, database_url=f"postgresql+psycopg://emblem@127.0.0.1:{free_port()}/emblem")
    client = TestClient(door.api, raise_server_exceptions=False)  # not entered: nothing is opened
    assert_come_again(client.get("/v1/models", headers={"authorization": f"Bearer {new_key()[1]}"}))
