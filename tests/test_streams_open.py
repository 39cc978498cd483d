"""So many streams of a key at once, and again when one has ended, however it did."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack

import httpx
import pytest

from tests.door import MAX_STREAMS, Door, listening
from tests.generations import hold, release, submit, until

Stream = AbstractContextManager[httpx.Response]


@pytest.fixture
def http(door: Door) -> Iterator[httpx.Client]:
    with listening(door.api) as url:
        with httpx.Client(base_url=url, headers={"authorization": f"Bearer {door.admin_key}"}, timeout=20) as http:
            hold(door)
            yield http
            release(door)


def stream(http: httpx.Client, generation_id: str) -> Stream:
    return http.stream("GET", f"/v1/generations/{generation_id}/events")


def assert_refused(answer: httpx.Response) -> None:
    answer.read()
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_streams")
    assert answer.headers["retry-after"] == "1" and str(MAX_STREAMS) in answer.json()["error"]["message"]


def test_one_stream_too_many_is_refused_and_nothing_is_drawn_for_it(http: httpx.Client, door: Door) -> None:
    job = until(http, submit(http)["id"], "in_progress")
    with ExitStack() as stack:
        for _ in range(MAX_STREAMS):
            assert stack.enter_context(stream(http, job["id"])).status_code == 200
        with stream(http, job["id"]) as refused:
            assert_refused(refused)
        assert_refused(http.post("/v1/images/generations", json={"prompt": "a", "stream": True}))
        assert len(http.get("/v1/generations").json()["data"]) == 1
        other = {"authorization": f"Bearer {http.post('/v1/keys', json={'name': 'other'}).json()['key']}"}
        theirs = submit(http, other)["id"]
        with http.stream("GET", f"/v1/generations/{theirs}/events", headers=other) as answer:
            assert answer.status_code == 200
            release(door)


def test_streams_that_have_ended_do_not_count(http: httpx.Client, door: Door) -> None:
    release(door)
    job = until(http, submit(http)["id"], "completed")
    for _ in range(MAX_STREAMS + 1):
        with stream(http, job["id"]) as answer:
            assert answer.status_code == 200 and "generation.completed" in answer.read().decode()
        assert http.get("/v1/generations/gen_none/events").status_code == 404


def test_streams_that_were_left_do_not_count(http: httpx.Client) -> None:
    job = until(http, submit(http)["id"], "in_progress")
    for _ in range(2 * MAX_STREAMS):
        with stream(http, job["id"]) as answer:
            if answer.status_code == 200:
                continue  # hangs up
            assert_refused(answer)
    deadline_s = time.monotonic() + 10
    while True:
        with stream(http, job["id"]) as answer:
            if answer.status_code == 200:
                return
        assert time.monotonic() < deadline_s
