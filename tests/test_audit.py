"""The audit log: each call that changes something leaves one entry, with the change or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text, update

from serve_app.db.tables import AuditEntry
from tests.door import Door
from tests.fine_tuning import JOBS, data_set, train, train_until_paused, train_until_queued
from tests.generations import hold, release, submit, until
from tests.pictures import png
from tests.routes import api_routes
from tests.sets import ended_set, icon_set, redrawn
from tests.styles import make_style
from tests.test_retention import sweep
from tests.uploads import upload
from tests.users import as_user, new_user, set_password, sign_in
from tests.versions import put_two_live

READING = {"GET", "HEAD"}
PROMPT = "purple walrus"
FILES = {"image": ("logo.png", png(), "image/png")}
IMAGES = {"prompt": PROMPT, "size": "64x64"}

Client = TestClient
# How each changing route succeeds; a new one must be here.
SUCCESSES: dict[str, Callable[[Client], httpx.Response]] = {
    "create_images": lambda client: client.post("/v1/images/generations", json=IMAGES),
    "create_edits": lambda client: client.post("/v1/images/edits", data={"prompt": PROMPT}, files=FILES),
    "create_variations": lambda client: client.post("/v1/images/variations", files=FILES),
    "create_generation": lambda client: client.post("/v1/generations", json=IMAGES),
    "cancel_generation": lambda client: client.post(f"/v1/generations/{submit(client)['id']}/cancel"),
    "delete_generation": lambda client: client.delete(f"/v1/generations/{ended(client)}"),
    "create_file": lambda client: upload(client, png()),
    "delete_file": lambda client: client.delete(f"/v1/files/{upload(client, png()).json()['id']}"),
    "create_export": lambda client: client.post("/v1/exports", json=export_of(client)),
    "create_splash_export": lambda client: client.post(
        "/v1/splash-exports", json=export_of(client) | {"platforms": ["android"]}
    ),
    "create_icon_set": lambda client: client.post("/v1/icon-sets", json=icon_set(PROMPT)),
    "create_splash_set": lambda client: client.post("/v1/splash-sets", json={"name": "launch", "brief": PROMPT}),
    "create_icon_set_items": lambda client: client.post(
        f"/v1/icon-sets/{ended_set(client)['id']}/items", json={"subjects": [PROMPT]}
    ),
    "regenerate_set_item": lambda client: client.post(redrawn(ended_set(client))),
    "cancel_set": lambda client: client.post(f"/v1/icon-sets/{ended_set(client)['id']}/cancel"),
    "delete_set": lambda client: client.delete(f"/v1/icon-sets/{ended_set(client)['id']}"),
    "create_style": lambda client: client.post("/v1/styles", json={"name": PROMPT}),
    "change_style": lambda client: client.put(f"/v1/styles/{make_style(client)['id']}", json={"name": PROMPT}),
    "delete_style": lambda client: client.delete(f"/v1/styles/{make_style(client)['id']}"),
    "create_fine_tuning_job": lambda client: client.post(JOBS, json={"training_file": data_set(client)}),
    "cancel_fine_tuning_job": lambda client: client.post(f"{JOBS}/{train(client)['id']}/cancel"),
    "pause_fine_tuning_job": lambda client: client.post(f"{JOBS}/{train_until_queued(client)}/pause"),
    "resume_fine_tuning_job": lambda client: client.post(f"{JOBS}/{train_until_paused(client)}/resume"),
    "create_key": lambda client: client.post("/v1/keys", json={"name": "ci"}),
    "revoke_key": lambda client: client.delete(f"/v1/keys/{new_key(client)['id']}"),
    "promote_model_version": lambda client: client.post(f"/v1/model_versions/{live_version(client)}/promote"),
    "canary_model_version": lambda client: client.post(
        f"/v1/model_versions/{previous_version(client)}/canary", json={"share": 0.5}
    ),
    "rollback_model_version": lambda client: client.post(f"/v1/model_versions/{live_version(client)}/rollback"),
    "create_user": lambda client: client.post("/v1/users", json={"name": "ada"}),
    "change_user": lambda client: client.patch(f"/v1/users/{new_user(client, 'ada')}", json={"is_disabled": True}),
    "create_password_token": lambda client: client.post(f"/v1/users/{new_user(client, 'ada')}/password-token"),
}
OBJECTS = {
    "key": "key", "file": "file", "export": "file", "user": "user", "token": "user", "version": "model_version",
    "job": "fine_tuning_job", "style": "style",
}  # fmt: skip
OBJECTS |= dict.fromkeys(("set", "items", "item"), "set")
# Whoever calls these is nobody yet; wrong passwords are counted, and kept for as long as they count.
NOBODYS_CALLS = {"sign_in", "set_password"}


def export_of(client: Client) -> dict[str, Any]:
    return {"file_id": upload(client, png()).json()["id"], "platforms": ["favicon"]}


def ended(client: Client) -> str:
    return str(until(client, submit(client)["id"], "completed")["id"])


def live_version(client: Client) -> str:
    return put_two_live(client.app.state.context.adapters.registry)[1]  # type: ignore[attr-defined]


def previous_version(client: Client) -> str:
    return put_two_live(client.app.state.context.adapters.registry)[0]  # type: ignore[attr-defined]


def new_key(client: Client) -> dict[str, Any]:
    created: dict[str, Any] = client.post("/v1/keys", json={"name": "ci"}).json()
    return created


def entries(client: Client, **query: object) -> list[dict[str, Any]]:
    answer = client.get("/v1/admin/audit", params={"limit": 100, **query})
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


def changing_routes(door: Door) -> dict[str, tuple[str, str]]:
    routes = [(one, route.name) for one, route in api_routes(door) if one.method not in READING]
    return {name: (one.method, one.url()) for one, name in routes if name not in NOBODYS_CALLS}


def test_every_changing_route_that_comes_to_nothing_leaves_one_entry(client: TestClient, door: Door) -> None:
    routes = changing_routes(door)
    assert len(routes) >= 10
    for name, (method, url) in routes.items():
        answer = client.request(method, url, headers={"x-request-id": f"try-{name}"})
        assert answer.status_code >= 400, name
        (entry,) = entries(client, request_id=f"try-{name}")
        assert (entry["action"], entry["outcome"]) == (name, answer.json()["error"]["code"])
    assert len(entries(client)) == len(routes)


@pytest.mark.parametrize("name", SUCCESSES)
def test_every_changing_route_that_succeeds_leaves_one_entry(client: TestClient, door: Door, name: str) -> None:
    assert SUCCESSES.keys() | {"sign_out", "change_password"} == changing_routes(door).keys(), "say how it succeeds"
    answer = SUCCESSES[name](client)
    assert answer.status_code < 300, answer.text
    (entry,) = entries(client, action=name)
    assert (entry["outcome"], entry["client_address"]) == ("done", "testclient")
    assert entry["actor_id"] == door.admin_key.split("_")[1]
    assert entry["object_kind"] == OBJECTS.get(name.rpartition("_")[2], "generation")
    told = answer.text + str(answer.request.url) + answer.request.content.decode("latin-1")
    assert entry["object_id"] and entry["object_id"] in told
    assert PROMPT not in str(entries(client)) and door.admin_key not in str(entries(client))


def test_signing_out_leaves_one_entry(door: Door) -> None:
    url = "http://127.0.0.1:8000"
    with TestClient(door.api, base_url=url) as client:
        admin = {"authorization": f"Bearer {door.admin_key}"}
        made = client.post("/v1/users", json={"name": "ada"}, headers=admin).json()
        set_password(client, made["password_token"])
        assert sign_in(client, "ada").status_code == 201
        assert client.delete("/v1/sessions/current", headers={"origin": url}).status_code == 204
        client.headers.update(admin)
        (entry,) = entries(client, action="sign_out")
    assert (entry["outcome"], entry["object_kind"], entry["object_id"]) == ("done", "session", entry["actor_id"])


def test_nothing_is_changed_that_cannot_be_written_down(client: TestClient, door: Door) -> None:
    key, file = new_key(client), upload(client, png()).json()
    job = ended(client)
    engine = create_engine(door.database_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit_entries RENAME TO elsewhere"))
    for path in (f"/v1/keys/{key['id']}", f"/v1/files/{file['id']}", f"/v1/generations/{job}"):
        assert client.delete(path).status_code >= 500
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO audit_entries"))
    engine.dispose()
    listed = {found["id"]: found for found in client.get("/v1/keys").json()["data"]}
    assert listed[key["id"]]["revoked_at"] is None
    for path in (f"/v1/files/{file['id']}", f"/v1/generations/{job}"):
        assert client.get(path).status_code == 200


def test_reading_and_strangers_leave_nothing(client: TestClient) -> None:
    client.get("/v1/keys")
    client.post("/v1/keys", json={"name": "a"}, headers={"authorization": "Bearer no"})
    client.post("/v1/nothing")
    client.put("/v1/keys")
    assert entries(client) == []


def test_refusal_names_what_it_was_about_and_a_stranger_to_it(client: TestClient, door: Door) -> None:
    hold(door)
    job = submit(client)
    bearer = as_user(client, new_user(client, "ada"), "generate")
    actor_id = bearer["authorization"].split("_")[1]
    client.post(f"/v1/generations/{job['id']}/cancel", headers=bearer)
    client.delete("/v1/keys/a%0Ab", headers=bearer)
    denied, foreign = entries(client, actor_id=actor_id)
    assert (foreign["object_kind"], foreign["object_id"]) == ("generation", job["id"])
    assert foreign["outcome"] == "generation_not_found"
    assert (denied["action"], denied["outcome"], denied["object_id"]) == ("revoke_key", "key_not_found", None)
    release(door)


def test_repeated_call_and_known_file_name_what_was_there(client: TestClient) -> None:
    ids = {submit(client, {"idempotency-key": "one"})["id"] for _ in range(2)}
    files = {upload(client, png()).json()["id"] for _ in range(2)}
    assert len(ids) == len(files) == 1
    for object_id in (*ids, *files):
        assert [entry["outcome"] for entry in entries(client, object_id=object_id)] == ["done", "done"]


def test_pages_are_whole_and_filtered_and_for_administrators(client: TestClient) -> None:
    keys = [new_key(client) for _ in range(5)]
    client.delete(f"/v1/keys/{keys[0]['id']}")
    seen, after = [], {}
    while True:
        page = client.get("/v1/admin/audit", params={"limit": 2, "action": "create_key", **after}).json()
        seen += [entry["object_id"] for entry in page["data"]]
        if not page["has_more"]:
            break
        after = {"after": page["last_id"]}
    assert seen == [key["id"] for key in reversed(keys)]
    assert [entry["action"] for entry in entries(client, object_id=keys[0]["id"])] == ["revoke_key", "create_key"]
    assert entries(client, object_kind="file") == entries(client, outcome="not_found") == []
    bad = client.get("/v1/admin/audit?after=aud_none").json()["error"]
    assert (bad["code"], bad["param"]) == ("invalid_cursor", "after")
    bearer = {"authorization": f"Bearer {keys[1]['key']}"}
    assert client.get("/v1/admin/audit", headers=bearer).status_code == 403


def test_entries_are_kept_for_their_time_and_no_longer(client: TestClient, door: Door) -> None:
    old, kept = new_key(client)["id"], new_key(client)["id"]
    engine = create_engine(door.database_url)
    with engine.begin() as connection:
        for key_id, days in ((old, 30.1), (kept, 29.9)):
            then = datetime.now(UTC) - timedelta(days=days)
            connection.execute(update(AuditEntry).where(AuditEntry.object_id == key_id).values(created_at=then))
    engine.dispose()
    sweep(client, door)
    assert [entry["object_id"] for entry in entries(client)] == [kept]
