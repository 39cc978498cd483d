"""What one user has made, another can't see, cancel, delete or follow: for them, it does not exist."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.door import Door
from tests.fine_tuning import train, train_until_paused, train_until_queued
from tests.generations import hold, read, release, submit, until
from tests.pictures import png
from tests.routes import NOBODYS, RouteOf, all_routes
from tests.sets import ended_set, make_set, until_ended
from tests.styles import make_style
from tests.uploads import upload, uploaded
from tests.users import as_user, new_user

OWNED = ("generation_id", "file_id", "key_id", "fine_tuning_job_id", "set_id", "style_id")
NOT_OWNED = {"model_id": "for all", "user_id": "for the scope admin", "model_version_id": "likewise", "kind": "of sets"}
BODIES = {  # of those that read one
    "/v1/icon-sets/{set_id}/items": {"subjects": ["moon"]},
    "/v1/styles/{style_id}": {"name": "ours"},
}

# Routes that want a job in a state: how one comes to be in it.
STATES: dict[str, Callable[[TestClient], str]] = {
    "/v1/fine_tuning/jobs/{fine_tuning_job_id}/pause": train_until_queued,
    "/v1/fine_tuning/jobs/{fine_tuning_job_id}/resume": train_until_paused,
}


@pytest.fixture
def other(client: TestClient) -> dict[str, str]:
    """The headers of a second user."""
    return as_user(client, new_user(client, "other"), "generate", "train")


def routes_of_owned(door: Door) -> list[RouteOf]:
    """Generated from the paths: a new route with an id in it is here by itself, or fails for an unknown name."""
    with_id = [route for route in all_routes(door) if "{" in route.path]
    unknown = [route for route in with_id if not any(f"{{{name}}}" in route.path for name in (*OWNED, *NOT_OWNED))]
    assert not unknown, "say whether these ids are owned"
    return [route for route in with_id if any(f"{{{name}}}" in route.path for name in OWNED)]


def job_that_is(status: str, client: TestClient, door: Door) -> dict[str, Any]:
    hold(door)
    job = until(client, submit(client)["id"], "in_progress")
    if status == "in_progress":
        return job
    release(door)
    return until(client, job["id"], "completed")


@pytest.mark.parametrize("status", ["in_progress", "completed"])
def test_foreign_id_is_answered_as_one_that_does_not_exist(
    client: TestClient, door: Door, other: dict[str, str], status: str
) -> None:
    job = job_that_is(status, client, door)
    file = uploaded(client, png())
    made = make_set(client)
    ids = {"generation_id": job["id"], "file_id": file["id"], "key_id": client.get("/v1/keys").json()["data"][0]["id"]}
    ids |= {"set_id": made["id"], "item_id": made["items"][0]["id"]}
    ids |= {"fine_tuning_job_id": train(client)["id"], "style_id": make_style(client)["id"]}
    routes = routes_of_owned(door)
    assert len(routes) >= 15
    for route in routes:
        body = BODIES.get(route.path)
        foreign = client.request(route.method, route.url(**ids), headers=other, json=body)
        missing = client.request(route.method, route.url(), headers=other, json=body)
        assert (foreign.status_code, missing.status_code) == (404, 404), route
        text = foreign.text
        for name, value in ids.items():
            text = text.replace(value, NOBODYS[name])
        assert text == missing.text
        assert set(foreign.headers) == set(missing.headers)
    assert read(client, job["id"]) == job
    assert client.get(f"/v1/files/{file['id']}").json() == file
    release(door)


def test_same_routes_answer_the_owner(client: TestClient, door: Door) -> None:
    ids = {"generation_id": job_that_is("completed", client, door)["id"], "file_id": uploaded(client, png())["id"]}
    ids["key_id"] = client.post("/v1/keys", json={"name": "spare"}).json()["id"]
    made = ended_set(client)
    ids |= {"set_id": made["id"], "item_id": made["items"][0]["id"]}
    ids |= {"fine_tuning_job_id": train(client)["id"], "style_id": make_style(client)["id"]}
    routes = sorted(routes_of_owned(door), key=lambda route: route.method == "DELETE")  # last: it is gone then
    for route in routes:
        if reach := STATES.get(route.path):
            ids["fine_tuning_job_id"] = reach(client)
        answer = client.request(route.method, route.url(**ids), json=BODIES.get(route.path))
        # Noise is not flat: that is told of one's own image alone.
        assert answer.status_code < 300 or answer.json()["error"]["code"] == "not_flat", route
        if answer.status_code == 202:
            until_ended(client, answer.json())


def test_all_keys_of_a_user_see_what_any_of_them_has_made(client: TestClient, door: Door) -> None:
    job, file = job_that_is("completed", client, door), uploaded(client, png())
    second = {"authorization": f"Bearer {client.post('/v1/keys', json={'name': 'second'}).json()['key']}"}
    assert client.get("/v1/generations", headers=second).json()["data"] == [job]
    assert client.get("/v1/files", headers=second).json()["data"] == [file]
    assert upload(client, png(), headers=second).json() == file
    assert client.get(f"/v1/generations/{job['id']}/images/0", headers=second).status_code == 200
    assert client.delete(f"/v1/generations/{job['id']}", headers=second).status_code == 204


def test_list_and_its_cursor_know_only_the_users_own(client: TestClient, door: Door, other: dict[str, str]) -> None:
    job = job_that_is("completed", client, door)
    assert client.get("/v1/generations", headers=other).json()["data"] == []
    foreign = client.get(f"/v1/generations?after={job['id']}", headers=other)
    missing = client.get(f"/v1/generations?after={NOBODYS['generation_id']}", headers=other)
    assert foreign.text.replace(job["id"], NOBODYS["generation_id"]) == missing.text
    assert missing.json()["error"]["code"] == "invalid_cursor"


def test_names_for_requests_are_the_keys_own(client: TestClient, other: dict[str, str]) -> None:
    named = {"idempotency-key": "one"}
    ours = submit(client, named, seed=1)
    theirs = submit(client, named | other, seed=2)
    assert (ours["seeds"], theirs["seeds"]) == ([1], [2])
    assert submit(client, named, seed=1)["id"] == ours["id"] != theirs["id"]
