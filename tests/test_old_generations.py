"""How long generations are kept, through the door: gone with their files after so many days, or never."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from serve_app.jobs import old_generations
from serve_app.jobs.old_generations import OldGenerations
from tests.door import Door
from tests.generations import change_all, hold, release, submit, until


def delete_old(client: TestClient, door: Door, retention_days: float | None = 30) -> None:
    """What a gateway does every hour."""
    context = door.api.state.context
    assert client.portal is not None
    client.portal.call(OldGenerations(context.database, context.image_store, retention_days).delete)


def drawn(client: TestClient, days_ago: float, door: Door) -> dict:
    job = until(client, submit(client)["id"], "completed")
    change_all(door, finished_at=datetime.now(UTC) - timedelta(days=days_ago))
    return job


def statuses(client: TestClient, job: dict) -> list[int]:
    (image,) = job["images"]
    return [
        client.get(url).status_code for url in (f"/v1/generations/{job['id']}", image["url"], image["thumbnail_url"])
    ]


def test_generation_goes_with_its_files_after_its_days_and_not_before(client: TestClient, door: Door) -> None:
    job = drawn(client, 29.9, door)
    delete_old(client, door)
    assert statuses(client, job) == [200] * 3
    change_all(door, finished_at=datetime.now(UTC) - timedelta(days=30.1))
    delete_old(client, door)
    assert statuses(client, job) == [404] * 3
    assert not [*door.api.state.context.image_store.keys(datetime.now(UTC) + timedelta(hours=1))]
    assert [day["images"] for day in client.get("/v1/usage").json()["data"]] == [1]  # the ledger outlives it


def test_without_days_all_is_kept(client: TestClient, door: Door) -> None:
    job = drawn(client, 10_000, door)
    delete_old(client, door, None)
    assert statuses(client, job) == [200] * 3


def test_what_has_not_ended_stays_whatever_its_age(client: TestClient, door: Door) -> None:
    hold(door)
    job = until(client, submit(client)["id"], "in_progress")
    change_all(door, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    delete_old(client, door)
    release(door)
    until(client, job["id"], "completed")


def test_more_than_fits_one_transaction_goes_all_the_same(
    client: TestClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [until(client, submit(client)["id"], "completed") for _ in range(5)]
    change_all(door, finished_at=datetime.now(UTC) - timedelta(days=31))
    monkeypatch.setattr(old_generations, "MAX_ROWS", 2)
    delete_old(client, door)
    assert [client.get(f"/v1/generations/{job['id']}").status_code for job in jobs] == [404] * 5
