"""Generations as jobs, through the door: accepted for good, ended once, kept from everybody else."""

import asyncio
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.errors import GenerationFailed, Unavailable
from serve_app.jobs.store import JobStore
from tests.door import Door, build_door
from tests.generations import PROMPT, change_all, events, hold, read, release, submit, until
from tests.users import as_user, new_user

ENDED = {"completed", "failed", "cancelled"}


@pytest.fixture
def other(client: TestClient) -> dict[str, str]:
    """The headers of another user."""
    return as_user(client, new_user(client, "other"))


def test_accepted_generation_is_drawn_and_its_images_are_fetched(client: TestClient, door: Door) -> None:
    accepted = submit(client, n=2, seed=7, size="96x64", model="splash", num_inference_steps=3, guidance_scale=2.0)
    assert accepted["status"] in {"queued", "in_progress", "completed"}
    done = until(client, accepted["id"], "completed")
    assert (done["object"], done["model"], done["progress"]) == ("image.generation", "splash", 1.0)
    assert (done["model_version"], done["error"]) == ("starter@00000000", None)
    assert (done["seeds"], done["size"], done["num_inference_steps"]) == ([7, 8], "96x64", 3)
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]
    for image in done["images"]:
        assert Image.open(io.BytesIO(client.get(image["url"]).content)).size == (96, 64)
    assert events(door, done["id"]) == [
        (1, "queued", None), (2, "in_progress", None), (3, "in_progress", 0), (4, "in_progress", 1),
        (5, "completed", None),
    ]  # fmt: skip


def test_cancel_ends_what_is_drawn_and_keeps_the_finished_images(client: TestClient, door: Door) -> None:
    hold(door, after=1)
    job = submit(client, n=3)
    while not read(client, job["id"])["images"]:
        time.sleep(0.02)
    assert 0 < read(client, job["id"])["progress"] < 1
    cancelled = client.post(f"/v1/generations/{job['id']}/cancel").json()
    assert (cancelled["status"], len(cancelled["images"])) == ("cancelled", 1)
    assert client.get(cancelled["images"][0]["url"]).status_code == 200
    again = client.post(f"/v1/generations/{job['id']}/cancel")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    assert [status for _, status, _ in events(door, job["id"])].count("cancelled") == 1


def test_hundred_cancels_at_the_moment_of_its_end_end_it_once(client: TestClient, door: Door) -> None:
    hold(door)
    job = until(client, submit(client)["id"], "in_progress")
    threading.Timer(0.05, release, [door]).start()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: client.post(f"/v1/generations/{job['id']}/cancel"), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    ends = [status for _, status, _ in events(door, job["id"]) if status in ENDED]
    assert ends == [read(client, job["id"])["status"]]


def test_second_cancel_does_not_cut_off_the_first(
    client: TestClient, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = JobStore.finish

    async def finish_slowly(*args: Any, **kwargs: Any) -> bool:
        await asyncio.sleep(0.2)
        return await finish(*args, **kwargs)

    monkeypatch.setattr(JobStore, "finish", finish_slowly)
    hold(door)
    job = until(client, submit(client)["id"], "in_progress")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: client.post(f"/v1/generations/{job['id']}/cancel"), range(3)))
    assert [answer.json()["status"] for answer in answers] == ["cancelled"] * 3


def test_image_that_is_not_drawn_yet_is_not_finished(client: TestClient, door: Door) -> None:
    hold(door)
    job = until(client, submit(client)["id"], "in_progress")
    early = client.get(f"/v1/generations/{job['id']}/images/0")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_finished")
    release(door)
    until(client, job["id"], "completed")
    assert client.get(f"/v1/generations/{job['id']}/images/0").status_code == 200
    assert client.get(f"/v1/generations/{job['id']}/images/1").json()["error"]["code"] == "image_not_found"


def test_what_waits_has_a_position_and_cancels_at_once(tmp_path: Path) -> None:
    door = build_door(tmp_path, max_under_way=1)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        hold(door)
        first, second, third = (submit(client) for _ in range(3))
        assert [read(client, job["id"])["queue_position"] for job in (first, second, third)] == [None, 1, 2]
        assert client.post(f"/v1/generations/{second['id']}/cancel").json()["status"] == "cancelled"
        assert read(client, third["id"])["queue_position"] == 1
        release(door)
        for job in (first, third):
            until(client, job["id"], "completed")
        assert len(door.services["icon"].requests) == 2


def test_user_with_the_least_under_way_comes_first_and_more_keys_are_no_more_turns(tmp_path: Path) -> None:
    door = build_door(tmp_path, max_under_way=2)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        second_key = client.post("/v1/keys", json={"name": "second"}).json()["key"]
        other = as_user(client, new_user(client, "other"))
        hold(door)
        greedy = [submit(client) for _ in range(5)]
        submit(client, {"authorization": f"Bearer {second_key}"})
        modest = submit(client, other, seed=99)
        client.post(f"/v1/generations/{greedy[0]['id']}/cancel")
        deadline_s = time.monotonic() + 20
        while len(door.services["icon"].requests) < 3:
            assert time.monotonic() < deadline_s
            time.sleep(0.02)
        assert door.services["icon"].requests[-1].generation_id == modest["id"]
        release(door)


def test_failure_is_told_once_and_stays(client: TestClient, door: Door) -> None:
    door.services["icon"].failure = GenerationFailed("the engine failed: ValueError")
    failed = until(client, submit(client)["id"], "failed")
    assert failed["error"] == {"message": "the engine failed: ValueError", "code": "generation_failed"}
    door.services["icon"].failure = RuntimeError("a secret detail")
    failed = until(client, submit(client)["id"], "failed")
    assert failed["error"]["code"] == "internal_error" and "secret" not in failed["error"]["message"]


def test_accepted_generation_waits_for_a_service_that_is_away(client: TestClient, door: Door) -> None:
    door.services["icon"].failure = Unavailable("icon is not running", "service_unavailable", 0.1)
    job = submit(client)
    until(client, job["id"], "queued")
    door.services["icon"].failure = None
    assert until(client, job["id"], *ENDED)["status"] == "completed"


def test_generation_of_a_gateway_that_died_is_drawn_by_the_next(tmp_path: Path) -> None:
    door = build_door(tmp_path)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        hold(door)
        job = submit(client, seed=3)
        until(client, job["id"], "in_progress")
    # Closed in good order it went back to the queue; as a kill would leave it, it is leased to one that is no more.
    past = datetime.now(UTC) - timedelta(seconds=1)
    change_all(door, status="in_progress", attempt=1, worker="dead", lease_until=past)
    following = build_door(tmp_path)
    with TestClient(following.api) as client:
        client.headers["authorization"] = f"Bearer {following.admin_key}"
        assert until(client, job["id"], "completed")["seeds"] == [3]
    assert [status for _, status, _ in events(following, job["id"])].count("completed") == 1


def test_list_is_the_keys_own_page_by_page(client: TestClient, other: dict[str, str]) -> None:
    ids = [submit(client, model="splash" if index % 2 else "icon")["id"] for index in range(5)]
    submit(client, other)
    for generation_id in ids:
        until(client, generation_id, "completed")
    pages, after = [], {}
    while True:
        answer = client.get("/v1/generations", params={"limit": 2, **after}).json()
        pages += [job["id"] for job in answer["data"]]
        after = {"after": answer["last_id"]}
        if not answer["has_more"]:
            break
    assert pages == ids[::-1]
    splashes = client.get("/v1/generations", params={"model": "splash", "status": "completed"}).json()["data"]
    assert [job["id"] for job in splashes] == [ids[3], ids[1]]
    assert client.get("/v1/generations", params={"status": "failed"}).json() == {
        "object": "list", "data": [], "has_more": False, "last_id": None,
    }  # fmt: skip


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=a", "status=gone", "model=sdxl", "after=gen_x"])
def test_bad_query_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/generations?{query}")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, query.partition("=")[0])


def test_deletion_leaves_neither_rows_nor_files(client: TestClient, door: Door) -> None:
    hold(door)
    job = submit(client, n=2)
    early = client.delete(f"/v1/generations/{job['id']}")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_finished")
    assert early.headers["x-should-retry"] == "false"
    release(door)
    url = until(client, job["id"], "completed")["images"][0]["url"]
    assert client.delete(f"/v1/generations/{job['id']}").status_code == 204
    for gone in (url, f"/v1/generations/{job['id']}"):
        assert client.get(gone).status_code == 404
    assert client.delete(f"/v1/generations/{job['id']}").status_code == 404
    assert not [path for path in (door.data_dir / "images").rglob("*") if path.is_file()]
    assert not events(door, job["id"])


def test_image_call_is_kept_as_a_generation_too(client: TestClient) -> None:
    made = client.post("/v1/images/generations", json={"prompt": PROMPT, "seed": 5}).json()
    kept = read(client, made["id"])
    assert (kept["status"], kept["seeds"]) == ("completed", [5])
    assert kept["images"][0]["sha256"] == made["data"][0]["sha256"]


def test_own_lease_that_ran_out_is_not_begun_twice(client: TestClient, door: Door) -> None:
    hold(door)
    job = submit(client)
    change_all(door, lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    time.sleep(1.5)  # longer than between two looks for work
    release(door)
    until(client, job["id"], "completed")
    assert len(door.services["icon"].requests) == 1
