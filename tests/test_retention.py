"""What is kept for a while only, through the door: gone after its time and not before; ends and images stay."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from serve_app.db.database import Database
from serve_app.db.tables import IdempotencyKey
from serve_app.jobs import retention
from serve_app.jobs.retention import Sweeper, _events_before
from tests.door import Door, build_door
from tests.generations import change_all, events, hold, read, release, submit, until

NAMED = {"idempotency-key": "one"}
WHOLE = ["queued", "in_progress", "in_progress", "completed"]


def age(door: Door, by_h: float) -> None:
    then = datetime.now(UTC) - timedelta(hours=by_h)
    change_all(door, created_at=then, finished_at=then)


def sweep(client: TestClient, door: Door) -> None:
    """What a gateway does every minute."""
    assert client.portal is not None
    sweeper = Sweeper(
        door.api.state.context.database, idempotency_retention_h=24, event_retention_h=48, audit_retention_days=30
    )
    client.portal.call(sweeper.sweep)


def statuses(door: Door, job: dict[str, str]) -> list[str]:
    return [status for _, status, _ in events(door, job["id"])]


def test_all_is_kept_until_its_time(client: TestClient, door: Door) -> None:
    job = until(client, submit(client, NAMED)["id"], "completed")
    age(door, by_h=23.9)
    sweep(client, door)
    assert submit(client, NAMED)["id"] == job["id"]
    assert statuses(door, job) == WHOLE


def test_name_of_a_request_is_free_again_after_its_time(client: TestClient, door: Door) -> None:
    job = until(client, submit(client, NAMED)["id"], "completed")
    age(door, by_h=24.1)
    sweep(client, door)
    assert submit(client, NAMED)["id"] != job["id"]
    assert statuses(door, job) == WHOLE  # kept longer


def test_stream_tells_the_end_alone_after_its_time(client: TestClient, door: Door) -> None:
    job = until(client, submit(client)["id"], "completed")
    age(door, by_h=48.1)
    sweep(client, door)
    assert statuses(door, job) == ["completed"]
    told = client.get(f"/v1/generations/{job['id']}/events").text
    (data,) = [line.removeprefix("data: ") for line in told.splitlines() if line.startswith("data: ")]
    assert json.loads(data)["type"] == "generation.completed"
    assert client.get(read(client, job["id"])["images"][0]["url"]).status_code == 200


def test_gateway_sweeps_as_soon_as_it_starts(client: TestClient, door: Door) -> None:
    job = until(client, submit(client)["id"], "completed")
    age(door, by_h=48.1)
    with TestClient(build_door(door.data_dir).api):
        deadline_s = time.monotonic() + 10
        while statuses(door, job) != ["completed"]:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)


def test_what_has_not_ended_keeps_its_name_and_events_whatever_its_age(client: TestClient, door: Door) -> None:
    hold(door)
    job = until(client, submit(client, NAMED)["id"], "in_progress")
    change_all(door, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    sweep(client, door)
    assert submit(client, NAMED)["id"] == job["id"]
    assert statuses(door, job) == ["queued", "in_progress"]
    release(door)


def test_more_than_fits_one_transaction_goes_all_the_same(
    client: TestClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [until(client, submit(client, {"idempotency-key": str(i)})["id"], "completed") for i in range(5)]
    age(door, by_h=49)
    monkeypatch.setattr(retention, "MAX_ROWS", 2)
    sweep(client, door)
    assert [statuses(door, job) for job in jobs] == [["completed"]] * 5
    engine = create_engine(door.database_url)
    with engine.connect() as connection:
        assert not connection.execute(IdempotencyKey.__table__.select()).all()
    engine.dispose()


async def test_sweep_looks_at_no_end(tmp_path: Path) -> None:
    """With a million ended generations it looks at the few events that are still to go."""
    database = Database(f"sqlite:///{tmp_path}/emblem.db")
    await database.open()
    query = str(_events_before(datetime.now(UTC)).compile(compile_kwargs={"literal_binds": True}))
    engine = create_engine(f"sqlite:///{tmp_path}/emblem.db")
    with engine.connect() as connection:
        plan = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}"))
    engine.dispose()
    await database.close()
    assert "ix_generation_events_passing" in plan and "SCAN generations" not in plan
