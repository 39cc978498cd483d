"""A key's device seconds, through the door: reserved, settled by what was taken, and told."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

import httpx
import pytest
from fastapi.testclient import TestClient

from deployments.errors import GenerationFailed
from tests.door import Door, build_door, listening
from tests.generations import hold, release, submit, until
from tests.test_limits import Headers, ask, limited, pass_time
from tests.users import as_user, new_user

DAY_S = 24 * 3600
SMALL = {"size": "64x64", "num_inference_steps": 10}


@pytest.fixture
def measured(client: TestClient, door: Door) -> Iterator[TestClient]:
    """Icons like `SMALL` take 2 s of the device, which is known from one that was drawn."""
    door.services["icon"].device_s = 2.0
    until(client, submit(client, **SMALL)["id"], "completed")
    yield client
    release(door)


def used_s(client: TestClient, key: Headers) -> float:
    return sum(day["device_s"] for day in client.get("/v1/usage", headers=key).json()["data"])


def end(client: TestClient, key: Headers, generation_id: str, *statuses: str) -> None:
    admin, client.headers["authorization"] = client.headers["authorization"], key["authorization"]
    until(client, generation_id, *statuses)
    client.headers["authorization"] = admin


def test_what_is_expected_is_reserved_and_the_next_refused(measured: TestClient, door: Door) -> None:
    key = limited(measured, device_s_per_day=5)
    hold(door)
    assert [ask(measured, key, **SMALL).status_code for _ in range(3)] == [202, 202, 429]
    refused = ask(measured, key, **SMALL)
    error = refused.json()["error"]
    assert (error["type"], error["code"]) == ("rate_limit_error", "quota_exceeded")
    assert refused.headers["x-should-retry"] == "false" and int(refused.headers["retry-after"]) > DAY_S - 60
    assert refused.headers["x-ratelimit-remaining-device-seconds"] == "1"
    pass_time(door, DAY_S)
    assert ask(measured, key, **SMALL).status_code == 202


def test_more_than_the_day_has_never_fits(measured: TestClient) -> None:
    refused = ask(measured, limited(measured, device_s_per_day=5), **SMALL, n=3)
    assert refused.status_code == 429 and "retry-after" not in refused.headers


def test_what_it_took_replaces_what_was_expected(measured: TestClient, door: Door) -> None:
    key = limited(measured, device_s_per_day=5)
    door.services["icon"].device_s = 0.5
    end(measured, key, ask(measured, key, **SMALL).json()["id"], "completed")
    assert used_s(measured, key) == pytest.approx(0.5)
    door.services["icon"].device_s = 4.5  # more than was expected
    end(measured, key, ask(measured, key, **SMALL).json()["id"], "completed")
    assert used_s(measured, key) == pytest.approx(5.0)
    assert ask(measured, key, **SMALL).status_code == 429


def test_cancelled_and_failed_ones_cost_what_was_drawn_of_them(measured: TestClient, door: Door) -> None:
    key = limited(measured, device_s_per_day=50)
    hold(door, after=1)
    job = ask(measured, key, **SMALL, n=4).json()["id"]
    while len(measured.get(f"/v1/generations/{job}", headers=key).json()["images"]) < 1:
        time.sleep(0.02)
    assert used_s(measured, key) == pytest.approx(8.0)  # expected, of four
    measured.post(f"/v1/generations/{job}/cancel", headers=key)
    drawn_s = used_s(measured, key)
    assert 0.5 <= drawn_s <= 1.0  # one whole of its four, and at most all steps of another
    door.services["icon"].failure = GenerationFailed("at once")
    end(measured, key, ask(measured, key, **SMALL).json()["id"], "failed")
    assert used_s(measured, key) == pytest.approx(drawn_s)


def test_callers_of_two_replicas_get_exactly_the_quota(measured: TestClient, door: Door) -> None:
    key = limited(measured, device_s_per_day=7)
    replicas = [build_door(door.data_dir) for _ in range(2)]
    with ExitStack() as stack:
        urls = [stack.enter_context(listening(replica.api)) for replica in replicas]
        for replica in (door, *replicas):
            hold(replica)

        def post(url: str) -> int:
            body = {"prompt": "a", **SMALL}
            return httpx.post(f"{url}/v1/generations", json=body, headers=key, timeout=60).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(post, itertools.islice(itertools.cycle(urls), 16)))
        for replica in replicas:
            release(replica)
    assert sorted(statuses) == [202] * 3 + [429] * 13


def test_what_a_gateway_had_drawn_before_it_closed_counts_too(door: Door) -> None:
    door.services["icon"].device_s = 2.0
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        hold(door, after=1)
        job = submit(client, **SMALL, n=2)
        while not client.get(f"/v1/generations/{job['id']}").json()["images"]:
            time.sleep(0.02)
    following = build_door(door.data_dir)
    following.services["icon"].device_s = 2.0
    with TestClient(following.api) as client:
        client.headers["authorization"] = f"Bearer {following.admin_key}"
        until(client, job["id"], "completed")
        assert 3.0 <= used_s(client, {}) <= 4.0  # one or nearly two of two, and then both anew


def test_usage_is_the_keys_own_by_day_and_kind_and_outlives_deletion(measured: TestClient) -> None:
    key = limited(measured, device_s_per_day=50)
    job = ask(measured, key, **SMALL, n=2).json()["id"]
    end(measured, key, job, "completed")
    end(measured, key, ask(measured, key, model="splash").json()["id"], "completed")
    measured.delete(f"/v1/generations/{job}", headers=key)
    day = datetime.now(UTC).date().isoformat()
    assert measured.get("/v1/usage", headers=key).json()["data"] == [
        {"day": day, "model": "icon", "requests": 1, "images": 2, "device_s": 2.0},
        {"day": day, "model": "splash", "requests": 1, "images": 1, "device_s": 0.0},
    ]
    assert measured.get("/v1/usage?days=0", headers=key).status_code == 400


def test_usage_of_a_user_is_that_of_all_their_keys_and_of_nobody_elses(measured: TestClient) -> None:
    user_id = new_user(measured, "ada")
    keys = [as_user(measured, user_id), as_user(measured, user_id)]
    for key in (*keys, as_user(measured, new_user(measured, "bob"))):
        ask(measured, key, **SMALL)
    data = measured.get("/v1/usage?of=user", headers=keys[0]).json()["data"]
    assert [day["requests"] for day in data] == [2]
    assert measured.get("/v1/usage?of=everybody", headers=keys[0]).status_code == 400
