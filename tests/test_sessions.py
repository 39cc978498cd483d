"""Signing in with a password, through the door: what it takes, what the cookie may do, and when it ends."""

import time
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, update

from serve_app.db.tables import ApiKey, Base, User
from tests.door import Door, build_door
from tests.users import PASSWORD, as_user, set_password, sign_in

URL = "http://127.0.0.1:8000"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def client(door: Door) -> Iterator[TestClient]:
    """Comes in with nothing, from this machine."""
    with TestClient(door.api, base_url=URL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def admin(client: TestClient, door: Door) -> dict[str, str]:  # noqa: ARG001  (the first start makes the key)
    """The headers of the first admin's key."""
    return {"authorization": f"Bearer {door.admin_key}"}


@pytest.fixture
def ada(client: TestClient, admin: dict[str, str]) -> str:
    """Her id; she has the password `PASSWORD`."""
    made = client.post("/v1/users", json={"name": "ada", "email": "ada@example.com"}, headers=admin).json()
    assert set_password(client, made["password_token"]).status_code == 204
    user_id: str = made["id"]
    return user_id


def change(door: Door, **values: object) -> None:
    """Of all sessions, behind the application's back."""
    engine = create_engine(door.database_url)
    with engine.begin() as connection:
        connection.execute(update(ApiKey).where(ApiKey.idle_until.is_not(None)).values(**values))
    engine.dispose()


def test_first_start_leaves_a_token_that_sets_the_first_admins_password_once(client: TestClient, door: Door) -> None:
    path = door.data_dir / "admin.password-token"
    token = path.read_text().strip()
    assert path.stat().st_mode & 0o777 == 0o600
    assert set_password(client, token).status_code == 204
    assert code(set_password(client, token)) == (401, "invalid_token")
    assert sign_in(client, "admin").json()["role"] == "admin"
    assert client.get("/v1/users").status_code == 200
    path.unlink()
    with TestClient(build_door(door.data_dir).api):
        assert not path.exists()


@pytest.mark.parametrize("name", ["ada", "Ada", "ada@example.com", "ADA@Example.com"])
def test_session_stands_for_its_user_until_signed_out(client: TestClient, ada: str, name: str) -> None:
    assert sign_in(client, name).json()["id"] == ada
    assert client.get("/v1/users/me").json()["id"] == ada
    assert client.get("/v1/models").status_code == 200
    assert code(client.get("/v1/users")) == (403, "insufficient_scope")
    kept = {"cookie": f"emblem_session={client.cookies['emblem_session']}"}
    signed_out = client.delete("/v1/sessions/current", headers={"origin": URL})
    assert signed_out.status_code == 204 and not client.cookies
    assert code(client.get("/v1/models", headers=kept)) == (401, "session_ended")


def test_key_is_no_session(client: TestClient, admin: dict[str, str]) -> None:
    assert code(client.delete("/v1/sessions/current", headers=admin)) == (404, "session_not_found")
    key = admin["authorization"].removeprefix("Bearer ")
    assert code(client.get("/v1/models", headers={"cookie": f"emblem_session={key}"})) == (401, "invalid_session")


def test_session_is_no_key(client: TestClient, ada: str, admin: dict[str, str]) -> None:
    sign_in(client, "ada")
    bearer = {"authorization": f"Bearer {client.cookies['emblem_session']}"}
    assert code(client.get("/v1/models", headers=bearer)) == (401, "invalid_api_key")
    keys = client.get("/v1/keys", headers=admin).json()["data"]
    assert ada not in [key["user_id"] for key in keys]


def test_cookie_is_plain_on_this_machine_and_bound_to_tls_and_host_elsewhere(door: Door, client: TestClient) -> None:
    set_password(client, (door.data_dir / "admin.password-token").read_text().strip())
    plain = sign_in(client, "admin").headers["set-cookie"]
    assert plain.startswith("emblem_session=") and "Secure" not in plain
    for url in ("https://emblem.test", "http://emblem.test", "https://127.0.0.1"):
        bound = sign_in(TestClient(door.api, base_url=url), "admin").headers["set-cookie"]
        assert bound.startswith("__Host-emblem_session=") and "Secure" in bound and "Domain" not in bound
    for cookie in (plain, bound):
        assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize("origin", [None, "null", "https://evil.test", "http://127.0.0.1:8001", "http://[", URL + "0"])
def test_session_changes_nothing_from_another_page(client: TestClient, ada: str, origin: str | None) -> None:
    sign_in(client, "ada")
    headers = {"origin": origin} if origin else {}
    for method, path, body in (
        ("POST", "/v1/keys", {"name": "a"}), ("POST", "/v1/generations", {"prompt": "a"}),
        ("DELETE", "/v1/sessions/current", None), ("PATCH", f"/v1/users/{ada}", {"role": "admin"}),
    ):  # fmt: skip
        assert code(client.request(method, path, json=body, headers=headers)) == (403, "cross_origin_forbidden")
    assert client.get("/v1/generations").json()["data"] == client.get("/v1/keys").json()["data"] == []


def test_session_makes_keys_and_images_from_its_own_page(client: TestClient, ada: str) -> None:
    sign_in(client, "ada")
    own = {"origin": URL}
    made = client.post("/v1/keys", json={"name": "laptop", "scopes": ["generate", "train"]}, headers=own)
    assert (made.status_code, made.json()["user_id"]) == (201, ada)
    job = client.post("/v1/generations", json={"prompt": "a"}, headers=own).json()
    laptop = {"authorization": f"Bearer {made.json()['key']}"}
    assert client.get(f"/v1/generations/{job['id']}", headers=laptop).status_code == 200


@pytest.mark.usefixtures("ada")
def test_no_other_page_signs_its_reader_in(client: TestClient) -> None:
    body = {"name": "ada", "password": PASSWORD}
    answer = client.post("/v1/sessions", json=body, headers={"origin": "https://evil.test"})
    assert code(answer) == (403, "cross_origin_forbidden") and not client.cookies


@pytest.mark.parametrize("values", [
    {"idle_until": datetime.now(UTC)}, {"expires_at": datetime.now(UTC)}, {"revoked_at": datetime.now(UTC)},
])  # fmt: skip
@pytest.mark.usefixtures("ada")
def test_session_ends_when_idle_or_old(client: TestClient, door: Door, values: dict[str, datetime]) -> None:
    sign_in(client, "ada")
    assert client.get("/v1/models").status_code == 200
    change(door, **values)
    assert code(client.get("/v1/models")) == (401, "session_ended")


@pytest.mark.usefixtures("ada")
def test_use_moves_the_idle_end_on_but_not_the_last_day(client: TestClient, door: Door) -> None:
    sign_in(client, "ada")
    now = datetime.now(UTC)
    change(door, last_used_at=now - timedelta(minutes=2), idle_until=now + timedelta(seconds=3))
    assert client.get("/v1/models").status_code == 200
    time.sleep(3.1)
    assert client.get("/v1/models").status_code == 200
    change(door, expires_at=datetime.now(UTC))
    assert code(client.get("/v1/models")) == (401, "session_ended")


def test_disabled_user_is_out_and_stays_out(client: TestClient, ada: str, admin: dict[str, str]) -> None:
    sign_in(client, "ada")
    client.patch(f"/v1/users/{ada}", json={"is_disabled": True}, headers=admin)
    assert code(client.get("/v1/models")) == (401, "account_inactive")
    assert code(sign_in(client, "ada")) == (401, "account_inactive")
    assert code(sign_in(client, "ada", "wrong" * 4)) == (401, "invalid_credentials")


def test_new_password_ends_the_sessions_of_the_old_one(client: TestClient, ada: str, admin: dict[str, str]) -> None:
    key = as_user(client, ada, headers=admin)
    sign_in(client, "ada")
    token = client.post(f"/v1/users/{ada}/password-token", headers=admin).json()["password_token"]
    assert client.get("/v1/models").status_code == 200
    assert set_password(client, token, "another long password").status_code == 204
    assert code(client.get("/v1/models")) == (401, "session_ended")
    assert client.get("/v1/models", headers=key).status_code == 200
    assert code(sign_in(client, "ada")) == (401, "invalid_credentials")
    assert sign_in(client, "ada", "another long password").status_code == 201


def test_old_or_replaced_token_sets_no_password(client: TestClient, admin: dict[str, str], door: Door) -> None:
    made = client.post("/v1/users", json={"name": "eve"}, headers=admin).json()
    newer = client.post(f"/v1/users/{made['id']}/password-token", headers=admin).json()["password_token"]
    engine = create_engine(door.database_url)
    with engine.begin() as connection:
        connection.execute(update(User).where(User.name == "eve").values(password_token_expires_at=datetime.now(UTC)))
    engine.dispose()
    for token in (made["password_token"], newer, "", "emb_x"):
        assert code(set_password(client, token)) == (401, "invalid_token")


@pytest.mark.parametrize("password", ["", "a" * 11, "a" * 129, "ﷺ" * 20, "e\u0301" * 11])
def test_password_is_long_enough_and_not_too_long(client: TestClient, admin: dict[str, str], password: str) -> None:
    token = client.post("/v1/users", json={"name": "eve"}, headers=admin).json()["password_token"]
    refused = set_password(client, token, password)
    assert (*code(refused), refused.json()["error"]["param"]) == (400, "invalid_password", "password")
    assert set_password(client, token, "a" * 128).status_code == 204  # the token is still good


def test_password_counts_by_its_letters_and_not_by_their_bytes(client: TestClient, admin: dict[str, str]) -> None:
    token = client.post("/v1/users", json={"name": "eve"}, headers=admin).json()["password_token"]
    password = "élan vital à Ångström"
    assert set_password(client, token, unicodedata.normalize("NFD", password)).status_code == 204
    assert sign_in(client, "eve", unicodedata.normalize("NFC", password)).status_code == 201


def test_neither_password_nor_session_nor_token_is_stored(client: TestClient, ada: str, door: Door) -> None:
    token = client.post(
        f"/v1/users/{ada}/password-token", headers={"authorization": f"Bearer {door.admin_key}"}
    ).json()["password_token"]  # fmt: skip
    sign_in(client, "ada")
    engine = create_engine(door.database_url)
    with engine.connect() as connection:
        rows = [str(row) for table in Base.metadata.sorted_tables for row in connection.execute(table.select())]
    engine.dispose()
    text = "\n".join(rows)
    assert "$argon2id$" in text
    for secret in (PASSWORD, client.cookies["emblem_session"], token):
        assert secret.rsplit("_", 1)[-1] not in text
