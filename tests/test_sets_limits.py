"""What is refused of a set costs nothing: it is accepted whole, once, within the key's limits, or not at all."""

from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from serve_app.sets.schemas import MAX_ITEMS, MAX_SUBJECTS
from tests.door import Door
from tests.generations import change_all, hold, release, submit
from tests.sets import SETS, icon_set, make_set, read_set, redrawn, until_ended
from tests.test_limits import limited

SPLASHES = "/v1/splash-sets"
SPLASH: dict[str, Any] = {"name": "start", "brief": "calm sea"}


def refused(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["param"]


def nothing_there(client: TestClient) -> bool:
    paths = ("/v1/generations", SETS, SPLASHES)
    return not any(client.get(path).json()["data"] for path in paths) and not client.get("/v1/usage").json()["data"]


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"subjects": []}, "invalid_value", "subjects"),
        ({"subjects": [str(number) for number in range(MAX_SUBJECTS + 1)]}, "invalid_value", "subjects"),
        ({"subjects": ["star", " STAR"]}, "invalid_value", "subjects"),
        ({"subjects": ["star", "\u200b"]}, "invalid_value", "subjects.1"),
        ({"subjects": ["x" * 201]}, "invalid_value", "subjects.0"),
        ({"subjects": "star"}, "invalid_value", "subjects"),
        ({"template": "an icon"}, "invalid_value", "template"),
        ({"template": "{subject}" * 400}, "invalid_value", "subjects.0"),
        ({"template": " "}, "invalid_value", "template"),
        ({"name": ""}, "invalid_value", "name"),
        ({"size": "100x100"}, "invalid_size", "size"),
        ({"seed": -1}, "invalid_value", "seed"),
        ({"priority": "high"}, "invalid_value", "priority"),
        ({"prompt": "star"}, "unknown_parameter", "prompt"),
        ({"n": 2}, "unknown_parameter", "n"),
    ],
)
def test_bad_icon_set_is_refused_and_nothing_is_kept(
    client: TestClient, fields: dict[str, Any], code: str, param: str
) -> None:
    body = icon_set("a subject of some length") | fields
    assert refused(client.post(SETS, json=body)) == (400, code, param)
    assert nothing_there(client)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"formats": []}, "formats"),
        ({"formats": ["square", "square"]}, "formats"),
        ({"formats": ["round"]}, "formats.0"),
        ({"themes": ["light", "light"]}, "themes"),
        ({"brief": "  "}, "brief"),
        ({"brief": "x" * 4000}, "brief"),
    ],
)
def test_bad_splash_set_is_refused_likewise(client: TestClient, fields: dict[str, Any], param: str) -> None:
    assert refused(client.post(SPLASHES, json=SPLASH | fields)) == (400, "invalid_value", param)
    assert nothing_there(client)


@pytest.mark.parametrize(
    ("limits", "code", "may_come"),
    [
        ({"images_per_minute": 2}, "rate_limit_exceeded", False),
        ({"requests_per_minute": 2}, "rate_limit_exceeded", False),
        ({"concurrent_generations": 2}, "too_many_concurrent", False),
        ({"images_per_minute": 3}, "rate_limit_exceeded", True),
        ({"requests_per_minute": 3}, "rate_limit_exceeded", True),
        ({"concurrent_generations": 3}, "too_many_concurrent", True),
    ],
)
def test_set_is_within_all_limits_or_not_accepted_at_all(
    client: TestClient, door: Door, limits: dict[str, int], code: str, may_come: bool
) -> None:
    key = limited(client, **limits)
    hold(door)
    if may_come:  # once what came before has left
        submit(client, key, size="64x64")
    before = client.get("/v1/usage", headers=key).json()
    answer = client.post(SETS, json=icon_set(), headers=key)
    assert refused(answer) == (429, code, None)
    assert ("retry-after" in answer.headers) == may_come
    assert client.get("/v1/usage", headers=key).json() == before
    assert client.get(SETS).json()["data"] == []
    release(door)


def test_quota_counts_the_whole_set_and_headers_tell_what_is_left(client: TestClient, door: Door) -> None:
    door.services["icon"].device_s = 4.0
    until_ended(client, make_set(client, "measured"))
    key = limited(client, device_s_per_day=10)
    assert refused(client.post(SETS, json=icon_set(), headers=key)) == (429, "quota_exceeded", None)
    assert client.post(SETS, json=icon_set("a", "b"), headers=key).status_code == 202
    of_images = client.post(SETS, json=icon_set(), headers=limited(client, images_per_minute=5))
    assert of_images.headers["x-ratelimit-remaining-images"] == "2"


def test_same_request_under_the_same_name_is_drawn_once(client: TestClient, door: Door) -> None:
    named = {"idempotency-key": "one"}
    made = [make_set(client, headers=named)["id"] for _ in range(2)]
    ended = until_ended(client, read_set(client, made[0]))
    assert made[0] == made[1] and len(door.services["icon"].requests) == 3
    assert client.post(redrawn(ended), headers=named).status_code == 202
    until_ended(client, ended)
    again = client.post(redrawn(ended), headers=named).json()
    assert make_set(client, headers=named)["id"] == made[0] and len(door.services["icon"].requests) == 4
    assert again["items"][0]["generation_id"] != ended["items"][0]["generation_id"]
    added = [client.post(f"{SETS}/{made[0]}/items", json={"subjects": ["sun"]}, headers=named) for _ in range(2)]
    assert [len(answer.json()["items"]) for answer in added] == [4, 4]
    other = client.post(SETS, json=icon_set("moon"), headers=named)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_mismatch")


def test_set_has_an_end(client: TestClient, door: Door) -> None:
    made = make_set(client, *(f"a{number}" for number in range(MAX_SUBJECTS)))
    more = f"{SETS}/{made['id']}/items"
    change_all(door, status="completed")  # not to wait for them
    for letter in "bcd":
        subjects = [f"{letter}{number}" for number in range(MAX_SUBJECTS)]
        assert client.post(more, json={"subjects": subjects}).status_code == 202
    assert refused(client.post(more, json={"subjects": ["one"]})) == (409, "set_full", "subjects")
    assert len(read_set(client, made["id"])["items"]) == MAX_ITEMS
    client.post(f"{SETS}/{made['id']}/cancel")


def test_unknown_set_and_item_are_told_apart_only_to_the_owner(client: TestClient) -> None:
    made = until_ended(client, make_set(client, "star"))
    missing = client.post(f"{SETS}/{made['id']}/items/item_none/regenerate")
    assert refused(missing) == (404, "set_item_not_found", None)
    assert refused(client.post(f"{SETS}/set_none/items/item_none/regenerate")) == (404, "set_not_found", None)
    assert refused(client.get("/v1/round-sets/set_none")) == (400, "invalid_value", "kind")
