"""Generations as a caller follows them, and fake services that wait where a test wants them to."""

import time
from typing import Any

from httpx import Client
from sqlalchemy import create_engine, text, update

from serve_app.db.tables import Generation
from tests.door import Door

PROMPT = "white rocket"


def submit(client: Client, headers: dict[str, str] | None = None, **fields: object) -> dict[str, Any]:
    answer = client.post("/v1/generations", json={"prompt": PROMPT, **fields}, headers=headers)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/generations/{body['id']}"
    return body


def read(client: Client, generation_id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/generations/{generation_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def until(client: Client, generation_id: str, *statuses: str) -> dict[str, Any]:
    deadline_s = time.monotonic() + 20
    while (body := read(client, generation_id))["status"] not in statuses:
        assert time.monotonic() < deadline_s, body
        time.sleep(0.02)
    return body


def nth_drawn(door: Door, count: int) -> str:
    """The prompt of that request to the icon service, once it has come."""
    deadline_s = time.monotonic() + 20
    while len(door.services["icon"].requests) < count:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return door.services["icon"].requests[count - 1].prompt


def hold(door: Door, after: int = 0) -> None:
    """From now on icons wait, their steps done, each generation with `after` images drawn."""
    if after:
        door.services["icon"].stops_after = after
    else:
        door.services["icon"].may_draw.clear()


def release(door: Door) -> None:
    door.services["icon"].may_draw.set()


def change_all(door: Door, **values: object) -> None:
    """Behind the application's back."""
    engine = create_engine(door.database_url)
    with engine.begin() as connection:
        connection.execute(update(Generation).values(**values))
    engine.dispose()


def events(door: Door, generation_id: str) -> list[tuple[int, str, int | None]]:
    engine = create_engine(door.database_url)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT seq, status, image_index FROM generation_events WHERE generation_id = :id ORDER BY seq"),
            {"id": generation_id},
        ).all()
    engine.dispose()
    return [(row.seq, row.status, row.image_index) for row in found]
