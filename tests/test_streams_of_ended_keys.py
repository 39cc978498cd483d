"""A stream outlives neither the revocation of its key, nor the key's last day, nor its user."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, update

from serve_app.db.tables import ApiKey
from tests.door import Door, build_door, listening
from tests.generations import hold, release, submit
from tests.users import new_user

MAX_S = 5.0
End = Callable[[httpx.Client, Door, str], None]


def revoke(http: httpx.Client, _: Door, key_id: str) -> None:
    assert http.delete(f"/v1/keys/{key_id}").status_code == 204


def disable(http: httpx.Client, _: Door, key_id: str) -> None:
    (user_id,) = (key["user_id"] for key in http.get("/v1/keys").json()["data"] if key["id"] == key_id)
    assert http.patch(f"/v1/users/{user_id}", json={"is_disabled": True}).status_code == 200


def expire(_: httpx.Client, door: Door, key_id: str) -> None:
    engine = create_engine(door.database_url)
    with engine.begin() as connection:
        connection.execute(update(ApiKey).where(ApiKey.id == key_id).values(expires_at=datetime.now(UTC)))
    engine.dispose()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    door = build_door(tmp_path, max_under_way=2)
    hold(door)
    yield door
    release(door)


@pytest.mark.parametrize(
    ("end", "code"),
    [(revoke, "api_key_revoked"), (expire, "api_key_expired"), (disable, "account_inactive")],
)
def test_open_streams_end_within_seconds_of_their_key(door: Door, end: End, code: str) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(listening(door.api))
        admin = {"authorization": f"Bearer {door.admin_key}"}
        http = stack.enter_context(httpx.Client(base_url=url, headers=admin, timeout=20))
        key = http.post("/v1/keys", json={"name": "guest", "user_id": new_user(http, "guest")}).json()
        guest = {"authorization": f"Bearer {key['key']}"}

        def stream(method: str, path: str, **body: object) -> Iterator[str]:
            request = http.stream(method, path, headers=guest, json=body or None)
            lines = stack.enter_context(request).iter_lines()
            assert next(lines)  # it has begun
            return lines

        def events() -> Iterator[str]:
            return stream("GET", f"/v1/generations/{submit(http, guest)['id']}/events")

        drawn, images = events(), stream("POST", "/v1/images/generations", prompt="a", stream=True)
        streams = [drawn, images, events()]  # the last waits in the queue
        end(http, door, key["id"])
        ended_s = time.monotonic()
        for lines in streams:
            data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
            assert json.loads(data[-1])["error"]["code"] == code
        assert time.monotonic() - ended_s < MAX_S


def test_stream_of_a_key_that_is_good_goes_on(door: Door) -> None:
    with listening(door.api) as url:
        admin = {"authorization": f"Bearer {door.admin_key}"}
        with httpx.Client(base_url=url, headers=admin, timeout=20) as http:
            job = submit(http)
            with http.stream("GET", f"/v1/generations/{job['id']}/events") as answer:
                lines = answer.iter_lines()
                next(lines)
                time.sleep(2.5)  # longer than between two looks at the key
                release(door)
                assert any("generation.completed" in line for line in lines)
