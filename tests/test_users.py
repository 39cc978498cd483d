"""Users and their roles: what each may do, and how it ends."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select

from serve_app.db.tables import ApiKey, Generation, Image, UploadedFile, User
from tests.databases import url_of
from tests.door import Door, build_door, listening
from tests.generations import submit
from tests.test_database import make_old
from tests.users import as_user, new_user


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_users_are_made_listed_and_know_themselves(client: TestClient) -> None:
    ada = new_user(client, "ada", email="Ada@Example.com")
    users = client.get("/v1/users").json()["data"]
    assert [(user["name"], user["role"], user["email"]) for user in users] == [
        ("admin", "admin", None), ("ada", "member", "ada@example.com"),
    ]  # fmt: skip
    assert client.get("/v1/users/me").json() == users[0] | {"scopes": ["generate", "train", "admin"]}
    assert client.get("/v1/users/me", headers=as_user(client, ada)).json() == users[1] | {"scopes": ["generate"]}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "name"),
        ({"name": "Ada"}, "name"),
        ({"name": "a@b"}, "name"),
        ({"name": "a" * 65}, "name"),
        ({"name": "ada", "email": "ada"}, "email"),
        ({"name": "ada", "email": "a b@c"}, "email"),
        ({"name": "ada", "role": "root"}, "role"),
        ({"name": "ada", "id": "user_1"}, "id"),
    ],
)
def test_bad_user_names_its_field(client: TestClient, body: dict[str, object], param: str) -> None:
    answer = client.post("/v1/users", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert len(client.get("/v1/users").json()["data"]) == 1


def test_name_and_address_are_one_users_only(client: TestClient) -> None:
    new_user(client, "ada", email="ada@example.com")
    assert code(client.post("/v1/users", json={"name": "ada"})) == (409, "user_exists")
    assert code(client.post("/v1/users", json={"name": "eve", "email": "ADA@example.com"})) == (409, "user_exists")


def test_member_makes_lists_and_revokes_their_own_keys_alone(client: TestClient) -> None:
    ada = new_user(client, "ada")
    headers = as_user(client, ada, "generate", "train")
    made = client.post("/v1/keys", json={"name": "laptop", "scopes": ["generate"]}, headers=headers)
    assert (made.status_code, made.json()["user_id"]) == (201, ada)
    laptop = {"authorization": f"Bearer {made.json()['key']}"}
    assert client.get("/v1/models", headers=laptop).status_code == 200
    assert [key["name"] for key in client.get("/v1/keys", headers=headers).json()["data"]] == ["theirs", "laptop"]
    assert client.delete(f"/v1/keys/{made.json()['id']}", headers=headers).status_code == 204
    assert code(client.get("/v1/models", headers=laptop)) == (401, "api_key_revoked")


def test_key_makes_none_that_may_more_or_lasts_longer(client: TestClient) -> None:
    ada, eve = new_user(client, "ada"), new_user(client, "eve")
    drawing = as_user(client, ada)
    for scope in ("train", "admin"):
        refused = client.post("/v1/keys", json={"name": "a", "scopes": [scope]}, headers=drawing)
        assert code(refused) == (403, "insufficient_scope")
    assert code(client.post("/v1/keys", json={"name": "a", "user_id": eve}, headers=drawing))[0] == 403
    for bounded in (as_user(client, ada, limits={"images_per_minute": 1}), as_user(client, ada, expires_in_days=1)):
        assert code(client.post("/v1/keys", json={"name": "a"}, headers=bounded)) == (403, "bounded_key")
    assert {key["name"] for key in client.get("/v1/keys", headers=drawing).json()["data"]} == {"theirs"}


def test_no_key_has_a_scope_that_its_users_role_lacks(client: TestClient) -> None:
    ada = new_user(client, "ada")
    body = {"name": "a", "user_id": ada, "scopes": ["admin"]}
    assert code(client.post("/v1/keys", json=body)) == (403, "insufficient_scope")
    assert code(client.post("/v1/keys", json={"name": "a", "user_id": "nobody"})) == (404, "user_not_found")


def test_role_counts_from_the_next_request(client: TestClient) -> None:
    ada = new_user(client, "ada", role="admin")
    headers = as_user(client, ada, "generate", "admin")
    assert client.get("/v1/users", headers=headers).status_code == 200
    assert client.patch(f"/v1/users/{ada}", json={"role": "member"}).json()["role"] == "member"
    assert code(client.get("/v1/users", headers=headers)) == (403, "insufficient_scope")
    assert client.get("/v1/models", headers=headers).status_code == 200
    client.patch(f"/v1/users/{ada}", json={"role": "admin"})
    assert client.get("/v1/users", headers=headers).status_code == 200


def test_disabled_user_is_refused_with_every_key_until_enabled(client: TestClient) -> None:
    ada = new_user(client, "ada")
    keys = [as_user(client, ada) for _ in range(2)]
    job = submit(client, keys[0])
    assert client.patch(f"/v1/users/{ada}", json={"is_disabled": True}).json()["disabled_at"]
    for headers in keys:
        assert code(client.get("/v1/models", headers=headers)) == (401, "account_inactive")
    assert client.patch(f"/v1/users/{ada}", json={"is_disabled": False}).json()["disabled_at"] is None
    assert client.get(f"/v1/generations/{job['id']}", headers=keys[1]).status_code == 200


def test_last_admin_stays(client: TestClient) -> None:
    admin = client.get("/v1/users/me").json()["id"]
    new_user(client, "ada")
    for change in ({"is_disabled": True}, {"role": "member"}):
        assert code(client.patch(f"/v1/users/{admin}", json=change)) == (409, "last_admin")
    second = new_user(client, "eve", role="admin")
    assert client.patch(f"/v1/users/{admin}", json={"role": "member"}).status_code == 200
    assert client.get("/v1/users/me").json()["role"] == "member"
    assert code(client.patch(f"/v1/users/{second}", json={"role": "member"})) == (403, "insufficient_scope")


def test_of_two_admins_who_disable_each_other_one_stays(door: Door) -> None:
    with listening(door.api) as first, listening(build_door(door.data_dir).api) as replica:
        with httpx.Client(base_url=first, headers={"authorization": f"Bearer {door.admin_key}"}) as http:
            for turn in range(5):
                ada = new_user(http, f"ada{turn}", role="admin")
                headers = as_user(http, ada, "admin")
                admin = http.get("/v1/users/me").json()["id"]
                ways = [(first, admin, headers), (replica, ada, dict(http.headers))]

                def disable(way: tuple[str, str, dict[str, str]]) -> int:
                    url, user_id, with_headers = way
                    body = {"is_disabled": True}
                    return httpx.patch(f"{url}/v1/users/{user_id}", json=body, headers=with_headers).status_code

                with ThreadPoolExecutor(2) as pool:
                    statuses = sorted(pool.map(disable, ways))
                assert statuses[0] == 200 and statuses[1] in (401, 409)
                if http.get("/v1/users").status_code == 401:  # Ada was first: she lets the other in again
                    http.headers.update(headers)


def test_what_there_was_before_users_is_the_first_admins(tmp_path: Path) -> None:
    url = url_of(tmp_path)
    (tmp_path / "emblem.db").unlink(missing_ok=True)  # it is up to date; this one is to be old
    moment, keys = "'2026-01-01'", ("k1", "k2")
    make_old(
        url, "0006",
        *("INSERT INTO api_keys (id, name, digest, scopes, created_at)"
          f" VALUES ('{key}', 'n', '{key}', 'admin', {moment})" for key in keys),
        "INSERT INTO generations (id, api_key_id, kind, request, is_patient, status, attempt, num_events, available_at,"
        " is_cancelled, created_at)"
        f" VALUES ('gen_1', 'k1', 'icon', '{{}}', true, 'queued', 0, 1, {moment}, false, {moment})",
        f"INSERT INTO generation_events VALUES ('gen_1', 1, 'queued', NULL, {moment})",
        f"INSERT INTO images VALUES ('gen_1', 0, 'k1', 'gen_1/0.png', 'image/png', 's', 7, {moment})",
        *(f"INSERT INTO files VALUES ('file_{key}', '{key}', 'a.png', 'mask', 'f', 'same', 1, 1, 1, false, {moment})"
          for key in keys),
    )  # fmt: skip
    door = build_door(tmp_path)
    with TestClient(door.api):
        assert not door.admin_key_path.exists()  # there is an admin key already
    engine = create_engine(url)
    with engine.connect() as connection:
        (user,) = connection.execute(select(User.id, User.name, User.role)).all()
        assert (user.name, user.role) == ("admin", "admin")
        for table, num_rows in ((ApiKey, 2), (Generation, 1), (Image, 1), (UploadedFile, 2)):
            assert connection.scalars(select(table.user_id)).all() == [user.id] * num_rows
        assert connection.exec_driver_sql("SELECT count(*) FROM generation_events").scalar() == 1
    engine.dispose()
