"""A set that takes after one of its items: the others wait for its image and have it as a reference."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.schemas import GenerationRequest, Reference
from tests.door import Door
from tests.generations import hold, nth_drawn, release, until
from tests.sets import SETS, icon_set, make_set, read_set, redrawn, statuses, until_ended
from tests.users import as_user, new_user

HERO = {"consistency": "hero"}


def request_of(door: Door, item: dict[str, Any]) -> GenerationRequest:
    (found,) = (one for one in door.services["icon"].requests if one.generation_id == item["generation_id"])
    return found


def takes_after(door: Door, item: dict[str, Any], hero: dict[str, Any]) -> bool:
    references = request_of(door, item).controls.references
    return [one.image.sha256 for one in references] == [image["sha256"] for image in hero["images"]] != []


def test_others_wait_for_the_first_and_take_after_its_image(client: TestClient, door: Door) -> None:
    hold(door)
    made = make_set(client, **HERO, seed=7)
    until(client, made["items"][0]["generation_id"], "in_progress")
    assert statuses(read_set(client, made["id"])) == ["in_progress", "queued", "queued"]
    release(door)
    hero, *others = until_ended(client, made)["items"]
    assert len(others) == 2 and made["hero"] == hero["id"]
    assert request_of(door, hero).controls.references == ()
    assert all(takes_after(door, item, hero) for item in others)
    (reference,) = request_of(door, others[0]).controls.references
    assert isinstance(reference, Reference) and (reference.mode, reference.weight) == ("style", 1.0)
    assert {request.seeds for request in door.services["icon"].requests} == {(7,)}


def test_where_the_hero_comes_to_nothing_the_next_takes_its_place(client: TestClient, door: Door) -> None:
    hold(door)
    made = make_set(client, **HERO)
    client.post(f"/v1/generations/{made['items'][0]['generation_id']}/cancel")
    until(client, made["items"][1]["generation_id"], "in_progress")
    now = read_set(client, made["id"])
    assert (statuses(now), now["hero"]) == (["cancelled", "in_progress", "queued"], made["items"][1]["id"])
    release(door)
    _, hero, last = until_ended(client, made)["items"]
    assert request_of(door, hero).controls.references == () and takes_after(door, last, hero)


def test_items_that_come_later_take_after_the_hero_too(client: TestClient, door: Door) -> None:
    hold(door)
    made = make_set(client, "rocket", **HERO)
    client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["heart"]})  # while the hero is drawn
    release(door)
    until_ended(client, made)
    client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["star"]})
    hero, heart, star = until_ended(client, made)["items"]
    assert takes_after(door, heart, hero) and takes_after(door, star, hero)
    client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["moon"], "hero": star["id"]})
    ended = until_ended(client, made)
    assert ended["hero"] == star["id"] and takes_after(door, ended["items"][3], star)


def test_item_drawn_again_takes_after_the_hero_and_the_hero_after_nothing(client: TestClient, door: Door) -> None:
    made = until_ended(client, make_set(client, "rocket", "heart", **HERO))
    client.post(redrawn(made, 1))
    ended = until_ended(client, made)
    assert takes_after(door, ended["items"][1], ended["items"][0])
    client.post(redrawn(made, 0))
    hero, _ = until_ended(client, made)["items"]
    assert request_of(door, hero).controls.references == () and hero["images"] != made["items"][0]["images"]


def test_new_set_takes_after_an_item_of_an_old_one(client: TestClient, door: Door) -> None:
    hero = until_ended(client, make_set(client, "rocket"))["items"][0]
    family = client.post("/v1/splash-sets", json={"name": "a", "brief": "sea", **HERO, "hero": hero["id"]})
    ended = until_ended(client, family.json())
    for request in door.services["splash"].requests:
        assert [one.image.sha256 for one in request.controls.references] == [hero["images"][0]["sha256"]]
    assert (len(ended["items"]), ended["hero"]) == (3, hero["id"])


def test_cancelled_set_keeps_its_hero_and_nothing_of_it_is_drawn(client: TestClient, door: Door) -> None:
    hold(door)
    made = make_set(client, **HERO)
    nth_drawn(door, 1)
    cancelled = client.post(f"{SETS}/{made['id']}/cancel").json()
    assert statuses(cancelled) == ["cancelled"] * 3 and cancelled["hero"] == made["hero"]
    release(door)
    assert len(door.services["icon"].requests) == 1
    more = client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["moon"]})
    assert (more.status_code, more.json()["error"]["code"]) == (409, "hero_not_drawn")
    assert client.post(redrawn(made)).status_code == 202  # the way out
    until_ended(client, made)
    assert client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["moon"]}).status_code == 202


@pytest.mark.parametrize(
    ("fields", "status", "code", "param"),
    [
        ({"hero": "item_none"}, 400, "invalid_value", "hero"),  # without being asked to take after one
        ({**HERO, "hero": "item_none"}, 404, "referenced_object_not_found", "hero"),
        ({**HERO, "hero": ""}, 400, "invalid_value", "hero"),
        ({"consistency": "palette"}, 400, "invalid_value", "consistency"),
    ],
)
def test_bad_hero_is_refused(
    client: TestClient, fields: dict[str, Any], status: int, code: str, param: str
) -> None:  # fmt: skip
    answer = client.post(SETS, json=icon_set(**fields))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, param)
    assert client.get("/v1/generations").json()["data"] == client.get(SETS).json()["data"] == []


def test_anothers_hero_and_a_deleted_one_are_refused(client: TestClient) -> None:
    hero = until_ended(client, make_set(client, "rocket"))["items"][0]
    other = as_user(client, new_user(client, "other"))
    foreign = client.post(SETS, json=icon_set(**HERO, hero=hero["id"]), headers=other)
    missing = client.post(SETS, json=icon_set(**HERO, hero="item_none"), headers=other)
    assert foreign.status_code == 404 and foreign.text.replace(hero["id"], "item_none") == missing.text
    client.delete(f"/v1/generations/{hero['generation_id']}")
    gone = client.post(SETS, json=icon_set(**HERO, hero=hero["id"]))
    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "hero_not_drawn")


def test_model_without_references_refuses_a_hero(client: TestClient, door: Door) -> None:
    door.services["icon"].has_references = False
    answer = client.post(SETS, json=icon_set(**HERO))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "references_unsupported", "consistency")
    assert client.post(SETS, json=icon_set()).status_code == 202
