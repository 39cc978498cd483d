"""What a key may ask for, through the door: exact, honest about the wait, and the same on every replica."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import openai
import pytest
from fastapi.testclient import TestClient
from redis import Redis
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from serve_app.db.tables import Usage
from serve_app.jobs.minute import KEYS
from tests.door import Door, build_door, listening
from tests.generations import hold, release, submit, until
from tests.redis_server import running_redis
from tests.sets import icon_set

Headers = dict[str, str]


def limited(client: TestClient, **limits: int) -> Headers:
    """The headers of a new key with these limits."""
    answer = client.post("/v1/keys", json={"name": "limited", "limits": limits})
    assert answer.status_code == 201, answer.text
    return {"authorization": f"Bearer {answer.json()['key']}"}


def ask(client: TestClient, headers: Headers, **fields: object) -> httpx.Response:
    return client.post("/v1/generations", json={"prompt": "a", "size": "64x64", **fields}, headers=headers)


@pytest.fixture(params=["ledger", "redis"])
def redis(request: pytest.FixtureRequest) -> str:
    """The URL of one that counts the minute, or nothing: the ledger does."""
    return str(request.getfixturevalue("redis_url")) if request.param == "redis" else ""


@pytest.fixture
def door(tmp_path: Path, redis: str) -> Door:
    return build_door(tmp_path, redis_url=redis)


def pass_time(door: Door, by_s: float, redis: str = "") -> None:
    """As if all in the ledger, and in Redis, had happened `by_s` earlier."""
    if redis:
        with Redis.from_url(redis) as client:
            for name in client.scan_iter(f"{KEYS}*"):
                for member in client.zrange(name, 0, -1):
                    client.zincrby(name, -1_000_000 * by_s, member)
    engine = create_engine(door.database_url)
    with Session(engine) as session, session.begin():
        for usage in session.query(Usage):
            usage.created_at -= timedelta(seconds=by_s)
    engine.dispose()


def test_requests_of_a_minute_are_counted_down_and_then_refused(client: TestClient) -> None:
    key = limited(client, requests_per_minute=3)
    for remaining in (2, 1, 0):
        answer = ask(client, key)
        assert answer.status_code == 202
        assert answer.headers["x-ratelimit-limit-requests"] == "3"
        assert answer.headers["x-ratelimit-remaining-requests"] == str(remaining)
        assert 0 <= float(answer.headers["x-ratelimit-reset-requests"].rstrip("s")) <= 60
    refused = ask(client, key)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"], error["code"]) == (429, "rate_limit_error", "rate_limit_exceeded")
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_who_waits_as_long_as_told_is_admitted_and_not_before(client: TestClient, door: Door, redis: str) -> None:
    key = limited(client, images_per_minute=4)
    assert ask(client, key, n=3).status_code == 202
    pass_time(door, 30, redis)
    assert ask(client, key, n=1).status_code == 202
    refused = ask(client, key, n=2)
    wait_s = int(refused.headers["retry-after-ms"]) / 1000
    assert 25 < wait_s <= 30  # until the three have left; the one need not
    pass_time(door, wait_s - 15, redis)
    assert ask(client, key, n=2).status_code == 429
    pass_time(door, 15, redis)
    assert ask(client, key, n=2).status_code == 202


def test_set_counts_as_many_and_one_that_is_refused_as_none(client: TestClient) -> None:
    key = limited(client, images_per_minute=5)
    subjects = ("a", "b", "c")
    answers = [client.post("/v1/icon-sets", json=icon_set(*subjects), headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]
    assert [answer.headers["x-ratelimit-remaining-images"] for answer in answers] == ["2", "2"]
    assert 0 < int(answers[1].headers["retry-after"]) <= 60
    assert client.post("/v1/icon-sets", json=icon_set("d", "e"), headers=key).status_code == 202
    assert ask(client, key).status_code == 429


def test_waiting_for_what_never_fits_is_not_suggested(client: TestClient) -> None:
    refused = ask(client, limited(client, images_per_minute=4), n=5)
    assert refused.status_code == 429 and refused.headers["x-should-retry"] == "false"
    assert "retry-after" not in refused.headers


def test_so_many_at_once_and_again_when_one_has_ended(client: TestClient, door: Door) -> None:
    key = limited(client, concurrent_generations=2)
    hold(door)
    jobs = [ask(client, key).json() for _ in range(2)]
    refused = ask(client, key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_concurrent")
    client.post(f"/v1/generations/{jobs[0]['id']}/cancel", headers=key)
    assert ask(client, key).status_code == 202
    release(door)


def test_hundred_callers_of_two_replicas_get_exactly_what_the_key_may(door: Door, redis: str) -> None:
    with ExitStack() as stack:
        urls = [
            stack.enter_context(listening(replica.api))
            for replica in (door, build_door(door.data_dir, redis_url=redis))
        ]
        with httpx.Client(base_url=urls[0], headers={"authorization": f"Bearer {door.admin_key}"}) as admin:
            body = {"name": "limited", "limits": {"requests_per_minute": 5}}
            key = {"authorization": f"Bearer {admin.post('/v1/keys', json=body).json()['key']}"}

        def post(url: str) -> int:
            body = {"prompt": "a", "size": "64x64"}
            return httpx.post(f"{url}/v1/generations", json=body, headers=key, timeout=60).status_code

        with ThreadPoolExecutor(20) as pool:
            statuses = list(pool.map(post, itertools.islice(itertools.cycle(urls), 100)))
    assert sorted(statuses) == [202] * 5 + [429] * 95


def test_what_was_refused_or_is_only_repeated_is_not_counted(client: TestClient) -> None:
    key = limited(client, requests_per_minute=2)
    assert ask(client, key, size="7x7").status_code == 400
    named = key | {"idempotency-key": "once"}
    assert len({ask(client, named).json()["id"] for _ in range(5)}) == 1
    assert ask(client, key).status_code == 202
    assert ask(client, key).status_code == 429


def test_what_is_refused_by_another_limit_takes_nothing_of_the_minute(client: TestClient, door: Door) -> None:
    key = limited(client, requests_per_minute=2, concurrent_generations=1)
    hold(door)
    job = ask(client, key).json()
    assert [ask(client, key).json()["error"]["code"] for _ in range(3)] == ["too_many_concurrent"] * 3
    release(door)
    until(client, job["id"], "completed")
    assert [ask(client, key, dry_run=True).status_code for _ in range(3)] == [200] * 3
    assert ask(client, key).status_code == 202


@pytest.mark.usefixtures("redis_url")  # skipped where there is no Redis
def test_without_its_redis_no_limit_is_passed_over(tmp_path: Path) -> None:
    with running_redis() as url:
        door = build_door(tmp_path, redis_url=url)
        with TestClient(door.api) as client:
            client.headers["authorization"] = f"Bearer {door.admin_key}"
            key = limited(client, requests_per_minute=5)
            assert ask(client, key).status_code == 202
            with Redis.from_url(url) as stopping:
                stopping.shutdown(nosave=True)
            refused = ask(client, key)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert refused.json()["error"]["code"] == "limiter_unavailable"
            assert len(client.get("/v1/generations").json()["data"]) == 1
            assert ask(client, {}).status_code == 202  # without limits


def test_deleting_a_generation_gives_nothing_back(client: TestClient) -> None:
    key = limited(client, requests_per_minute=1)
    job = submit(client, key, size="64x64")
    client.headers.update(key)
    until(client, job["id"], "completed")
    assert client.delete(f"/v1/generations/{job['id']}").status_code == 204
    assert ask(client, key).status_code == 429


def test_one_keys_limit_is_not_anothers(client: TestClient) -> None:
    first, second = limited(client, requests_per_minute=1), limited(client, requests_per_minute=1)
    assert [ask(client, key).status_code for key in (first, second, first)] == [202, 202, 429]
    free = ask(client, {})
    assert free.status_code == 202 and not [name for name in free.headers if name.startswith("x-ratelimit")]


@pytest.fixture
def limited_openai(door: Door) -> Iterator[openai.OpenAI]:
    with listening(door.api) as url:
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {door.admin_key}"}) as admin:
            body = {"name": "limited", "limits": {"images_per_minute": 1}}
            key = admin.post("/v1/keys", json=body).json()["key"]
        with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=2) as client:
            yield client


def test_openai_client_sees_its_own_error_and_its_headers(limited_openai: openai.OpenAI, door: Door) -> None:
    images = limited_openai.images.with_raw_response
    answer = images.generate(model="icon", prompt="a", size="64x64", stream=True)  # type: ignore[call-overload]
    assert answer.headers["x-ratelimit-remaining-images"] == "0"
    answer.http_response.read()
    began_s = time.monotonic()
    with pytest.raises(openai.RateLimitError) as refused:
        images.generate(model="icon", prompt="a", n=2)  # more than it ever may: not tried again
    assert refused.value.code == "rate_limit_exceeded" and time.monotonic() - began_s < 5
    assert len(door.services["icon"].requests) == 1


@pytest.mark.parametrize(
    "limits", [{"requests_per_minute": 0}, {"images_per_minute": "9"}, {"concurrent_generations": 2.5}, {"steps": 1}]
)
def test_bad_limit_names_its_field(client: TestClient, limits: dict[str, object]) -> None:
    answer = client.post("/v1/keys", json={"name": "a", "limits": limits})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, f"limits.{next(iter(limits))}")


def test_limits_are_listed_with_the_key(client: TestClient) -> None:
    limited(client, images_per_minute=7)
    key = next(key for key in client.get("/v1/keys").json()["data"] if key["name"] == "limited")
    assert {name: limit for name, limit in key["limits"].items() if limit} == {"images_per_minute": 7}
