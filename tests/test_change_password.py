"""Changing one's own password: what it takes, what it ends, and that it is no way to guess."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi.testclient import TestClient

from serve_app.auth.sign_in_tries import MAX_OF_NAME
from tests.door import Door
from tests.users import PASSWORD, Headers, as_user, set_password, sign_in

URL = "http://127.0.0.1:8000"
PATH = "/v1/users/me/password"
NEW = "wrong mule battery"


@pytest.fixture
def client(door: Door) -> Iterator[TestClient]:
    """Ada, signed in."""
    with TestClient(door.api, base_url=URL, headers={"origin": URL}) as client:
        made = client.post("/v1/users", json={"name": "ada"}, headers=admin(door)).json()
        set_password(client, made["password_token"])
        assert sign_in(client, "ada").status_code == 201
        yield client


def admin(door: Door) -> Headers:
    return {"authorization": f"Bearer {door.admin_key}"}


def change(
    client: TestClient, current: str = PASSWORD, new: str = NEW, headers: Headers | None = None
) -> httpx.Response:
    return client.post(PATH, json={"current_password": current, "password": new}, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def session(client: TestClient, name: str) -> Headers:
    """A new one, from another browser."""
    client.cookies.clear()
    assert sign_in(client, name).status_code == 201
    [(cookie, value)] = client.cookies.items()
    client.cookies.clear()
    return {"cookie": f"{cookie}={value}"}


def me(client: TestClient, headers: Headers | None = None) -> int:
    return client.get("/v1/users/me", headers=headers).status_code


def test_it_ends_every_other_session_and_leaves_this_one_and_the_keys(client: TestClient, door: Door) -> None:
    ada = client.get("/v1/users/me").json()["id"]
    key = as_user(client, ada, headers=admin(door))
    set_password(client, (door.data_dir / "admin.password-token").read_text().strip())
    here, elsewhere, admins = session(client, "ada"), session(client, "ada"), session(client, "admin")
    assert change(client, headers=here).status_code == 204
    assert [me(client, one) for one in (here, elsewhere, admins, key)] == [200, 401, 200, 200]
    assert code(sign_in(client, "ada")) == (401, "invalid_credentials")
    assert sign_in(client, "ada", NEW).status_code == 201
    listed = client.get("/v1/admin/audit?action=change_password", headers=admin(door)).json()["data"]
    assert [(entry["outcome"], entry["object_kind"], entry["object_id"]) for entry in listed] == [("done", "user", ada)]
    assert PASSWORD not in str(listed) and NEW not in str(listed)


def test_wrong_one_is_told_and_counted_as_at_the_door(client: TestClient, door: Door) -> None:
    for _ in range(MAX_OF_NAME):
        assert code(change(client, "not the right one")) == (403, "wrong_password")
    refused = change(client)
    assert code(refused) == (429, "login_rate_limited") and refused.headers["retry-after"]
    assert me(client) == 200
    assert code(change(client, headers=admin(door))) == (403, "wrong_password")  # the admin has none yet


def test_new_one_must_be_good_and_costs_no_try(client: TestClient) -> None:
    for _ in range(MAX_OF_NAME + 1):
        answer = change(client, new="short")
        assert (*code(answer), answer.json()["error"]["param"]) == (400, "invalid_password", "password")
    assert change(client).status_code == 204


def test_of_many_changes_at_once_one_counts(client: TestClient) -> None:
    with ThreadPoolExecutor(4) as threads:
        words = [f"new password {number}" for number in range(4)]
        answers = list(threads.map(lambda word: change(client, new=word).status_code, words))
    assert sorted(answers) == [204, 403, 403, 403]
    assert sign_in(client, "ada", words[answers.index(204)]).status_code == 201


def test_token_for_a_forgotten_password_ends_with_the_change(client: TestClient, door: Door) -> None:
    ada = client.get("/v1/users/me").json()["id"]
    token = client.post(f"/v1/users/{ada}/password-token", headers=admin(door)).json()["password_token"]
    assert change(client).status_code == 204
    assert code(set_password(client, token)) == (401, "invalid_token")


def test_no_other_page_changes_it(client: TestClient) -> None:
    assert code(change(client, headers={"origin": "https://evil.example"})) == (403, "cross_origin_forbidden")
    assert sign_in(client, "ada").status_code == 201
