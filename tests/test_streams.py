"""Streams over a real socket: what the unmodified `openai` client sees of one, and our own events as they are sent."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from PIL import Image

from deployments.errors import GenerationFailed, Unavailable
from serve_app.streams import follow
from tests.door import Door, build_door, listening
from tests.generations import hold, read, release, submit, until

Event = dict[str, Any]


def caller(url: str, door: Door) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"authorization": f"Bearer {door.admin_key}"}, timeout=20)


@pytest.fixture
def http(door: Door) -> Iterator[httpx.Client]:
    with listening(door.api) as url:
        with caller(url, door) as client:
            yield client


@pytest.fixture
def client(http: httpx.Client, door: Door) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{http.base_url}/v1", api_key=door.admin_key, max_retries=0) as client:
        yield client


def lines_of(answer: httpx.Response) -> Iterator[str]:
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    return answer.iter_lines()


def told(lines: Iterator[str]) -> Iterator[Event]:
    """Events with their ids; comments are passed over, as by any client."""
    event_id = None
    for line in lines:
        if line.startswith("data: {"):
            pending = json.loads(line.removeprefix("data: "))
        if line.startswith("id: "):
            event_id = line.removeprefix("id: ")
        if not line and "pending" in locals():
            yield pending | {"event_id": event_id}
            del pending
            event_id = None


def events(http: httpx.Client, generation_id: str, last_event_id: str | None = None) -> list[Event]:
    headers = {"last-event-id": last_event_id} if last_event_id else {}
    with http.stream("GET", f"/v1/generations/{generation_id}/events", headers=headers) as answer:
        return list(told(lines_of(answer)))


def stream(http: httpx.Client, **fields: object) -> Any:
    return http.stream("POST", "/v1/images/generations", json={"prompt": "a", "stream": True, **fields})


def test_openai_client_gets_previews_and_then_the_image(client: openai.OpenAI, door: Door) -> None:
    hold(door)
    seen = []
    images = client.images.generate(
        model="splash", prompt="white rocket", size="96x64", stream=True, partial_images=2,
        extra_body={"seed": 5, "num_inference_steps": 9},
    )  # fmt: skip
    for event in images:
        seen.append(event)
        release(door)
    *partial, last = seen
    assert [event.type for event in partial] == ["image_generation.partial_image"] * len(partial)
    assert partial and all(_size_of(event.b64_json) == (96, 64) and event.size == "96x64" for event in partial)
    assert partial[-1].partial_image_index <= 1  # type: ignore[union-attr]
    assert last.type == "image_generation.completed"
    assert _size_of(last.b64_json) == (96, 64) and last.usage.total_tokens == 2
    again = client.images.generate(
        model="splash", prompt="white rocket", size="96x64", extra_body={"seed": 5, "cache": False}
    )
    assert again.data and again.data[0].b64_json == last.b64_json


def test_each_of_several_images_comes_as_it_is_stored(http: httpx.Client, door: Door) -> None:
    hold(door, after=1)
    with stream(http, n=3, seed=5) as answer:
        seen = []
        for event in told(lines_of(answer)):
            seen.append(event)
            release(door)
    assert [(event["type"], event["image_index"], event["seed"]) for event in seen] == [
        ("image_generation.completed", index, 5 + index) for index in range(3)
    ]
    assert seen[0]["usage"] is None and seen[-1]["usage"] == {"input_tokens": 1, "output_tokens": 0, "total_tokens": 1}


def test_image_as_address_instead_of_content(http: httpx.Client) -> None:
    with stream(http, response_format="url", output_format="webp") as answer:
        (event,) = told(lines_of(answer))
    assert event["b64_json"] is None and event["output_format"] == "webp"
    assert http.get(event["url"]).headers["content-type"] == "image/webp"


def test_stream_of_one_call_is_openais_alone_with_our_news_in_comments(http: httpx.Client, door: Door) -> None:
    hold(door)
    with stream(http, num_inference_steps=3) as answer:
        received = lines_of(answer)
        assert ": step 3/3" in received  # reads that far
        release(door)
        lines = list(received)
    assert {line for line in lines if line.startswith("event:")} == {"event: image_generation.completed"}
    assert [line for line in lines if line][-1] == "data: [DONE]"


def test_our_events_come_where_asked_for(http: httpx.Client, door: Door) -> None:
    hold(door)
    kinds = []
    with stream(http, stream_options={"include": ["queue", "steps"]}, num_inference_steps=3) as answer:
        for event in told(lines_of(answer)):
            kinds.append(event["type"])
            if event["type"] == "generation.step":
                release(door)
    assert kinds[:2] == ["generation.queued", "generation.in_progress"]
    assert "generation.step" in kinds
    assert kinds[-2:] == ["image_generation.completed", "generation.completed"]


def test_failure_before_anything_was_told_has_its_status(client: openai.OpenAI, door: Door) -> None:
    door.services["icon"].failure = Unavailable("full", "overloaded", 0.0)
    with pytest.raises(openai.InternalServerError) as full:
        client.with_options(max_retries=1).images.generate(model="icon", prompt="a", stream=True)
    assert full.value.status_code == 503 and full.value.code == "overloaded"
    assert len(door.services["icon"].requests) == 2


def test_failure_in_the_middle_is_raised_by_the_client(client: openai.OpenAI, door: Door) -> None:
    hold(door, after=1)
    with pytest.raises(openai.APIError) as failed:
        for event in client.images.generate(model="icon", prompt="a", n=2, stream=True):
            assert event.type == "image_generation.completed"
            door.services["icon"].failure = GenerationFailed("the image is not finite", "not_finite")
            release(door)
    assert failed.value.code == "not_finite"


@pytest.mark.parametrize(
    ("fields", "headers", "outcome"),
    [
        ({}, {}, "cancelled"),
        ({"on_disconnect": "continue"}, {}, "completed"),
        ({}, {"idempotency-key": "one"}, "completed"),
        ({"on_disconnect": "cancel"}, {"idempotency-key": "two"}, "cancelled"),
    ],
)
def test_hanging_up_ends_the_generation_unless_it_is_to_go_on(
    http: httpx.Client, door: Door, fields: Event, headers: dict[str, str], outcome: str
) -> None:
    hold(door)
    http.headers.update(headers)
    with stream(http, **fields) as answer:
        next(lines_of(answer))
    (job,) = http.get("/v1/generations").json()["data"]
    if outcome == "completed":
        release(door)
    assert until(http, job["id"], "cancelled", "completed")["status"] == outcome


def test_whole_story_of_a_generation(http: httpx.Client, door: Door) -> None:
    hold(door)
    job = submit(http, n=2, partial_images=1, num_inference_steps=4)
    with http.stream("GET", f"/v1/generations/{job['id']}/events") as answer:
        story = []
        for event in told(lines_of(answer)):
            story.append(event)
            if event["type"] == "generation.preview":
                release(door)
    written = [(event["event_id"], event["type"]) for event in story if event["event_id"]]
    kinds = ["queued", "in_progress", "image", "image", "completed"]
    assert written == [(f"{job['id']}:{seq}", f"generation.{kind}") for seq, kind in enumerate(kinds, 1)]
    preview = next(event for event in story if event["type"] == "generation.preview")
    assert (preview["image_index"], preview["step"], preview["num_steps"]) == (0, 2, 4)
    assert _size_of(preview["b64_json"]) == (256, 256)
    assert story[-1]["generation"] == read(http, job["id"])


def test_stream_goes_on_after_the_last_event_seen(http: httpx.Client) -> None:
    job = submit(http, n=2)
    until(http, job["id"], "completed")
    whole = events(http, job["id"])
    assert [event["type"] for event in whole][-1] == "generation.completed"
    for place, event in enumerate(whole, 1):
        assert events(http, job["id"], event["event_id"]) == whole[place:]


@pytest.mark.parametrize("event_id", ["7", "gen_other:1", "{id}:x", "{id}:-1", "{id}:1234567890", "{id}:٣"])
def test_event_of_nothing_is_refused(http: httpx.Client, event_id: str) -> None:
    job = submit(http)
    headers = {"last-event-id": event_id.format(id=job["id"]).encode()}
    answer = http.get(f"/v1/generations/{job['id']}/events", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_event_id")


def test_who_waits_hears_of_moving_up_and_of_a_living_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_S", 0.02)
    monkeypatch.setattr(follow, "KEEP_ALIVE_S", 0.1)
    door = build_door(tmp_path, max_under_way=1)
    with listening(door.api) as url, caller(url, door) as http:
        hold(door)
        first, second, third = (submit(http) for _ in range(3))
        with http.stream("GET", f"/v1/generations/{third['id']}/events") as answer:
            lines = lines_of(answer)
            assert ": keep-alive" in lines  # reads that far
            http.post(f"/v1/generations/{second['id']}/cancel")
            assert next(told(lines)) == {
                "type": "generation.queue",
                "queue_position": 1,
                "eta_s": None,
                "event_id": None,
            }
            release(door)
            kinds = [event["type"] for event in told(lines)]
        assert kinds[0] == "generation.in_progress" and kinds[-1] == "generation.completed"
        assert read(http, first["id"])["status"] == "completed"


def test_another_replica_tells_what_is_written(http: httpx.Client, door: Door) -> None:
    """One process draws; the stream is asked of another with the same database."""
    hold(door)
    job = submit(http, n=2)
    elsewhere = build_door(door.data_dir)
    with listening(elsewhere.api) as url, caller(url, door) as there:
        with there.stream("GET", f"/v1/generations/{job['id']}/events") as answer:
            heard = told(lines_of(answer))
            assert [next(heard)["type"] for _ in range(2)] == ["generation.queued", "generation.in_progress"]
            release(door)
            assert [event["type"] for event in heard] == ["generation.image"] * 2 + ["generation.completed"]
    assert not elsewhere.services["icon"].requests


def _size_of(b64_json: str) -> tuple[int, int]:
    return Image.open(io.BytesIO(base64.b64decode(b64_json))).size
