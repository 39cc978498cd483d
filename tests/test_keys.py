"""API keys: their text, their life, and where they are kept."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from deployments.errors import AuthenticationFailed
from serve_app.auth import key_store
from serve_app.auth.key_store import KeyStore
from serve_app.auth.keys import is_well_formed, key_digest, new_key
from serve_app.auth.secret_file import read_or_create_secret
from serve_app.auth.user_store import UserStore
from serve_app.db.database import Database
from serve_app.db.tables import Base
from tests.door import Door, build_door
from tests.users import new_user


def test_new_key_is_well_formed_and_names_its_id() -> None:
    public_id, key = new_key()
    assert is_well_formed(key) and key.startswith(f"emb_{public_id}_")
    assert new_key()[1] != key


@given(st.integers(0, 200), st.characters())
def test_any_single_change_is_noticed(position: int, character: str) -> None:
    key = "emb_0123456789_" + "a" * 43
    key += new_checksum(key)
    changed = key[: position % len(key)] + character + key[position % len(key) + 1 :]
    assert is_well_formed(changed) == (changed == key)


def new_checksum(body: str) -> str:
    from serve_app.auth.keys import _checksum

    return _checksum(body)


def test_digest_depends_on_the_servers_secret() -> None:
    assert key_digest("key", "one") != key_digest("key", "two")


def test_created_key_works_until_revoked_and_only_for_its_scopes(client: TestClient) -> None:
    created = client.post("/v1/keys", json={"name": "ci", "scopes": ["generate"]})
    assert created.status_code == 201
    bearer = {"authorization": f"Bearer {created.json()['key']}"}
    assert client.get("/v1/models", headers=bearer).status_code == 200
    refused = client.get("/v1/users", headers=bearer)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
    assert client.delete(f"/v1/keys/{created.json()['id']}").status_code == 204
    ended = client.get("/v1/models", headers=bearer)
    assert (ended.status_code, ended.json()["error"]["code"]) == (401, "api_key_revoked")
    listed = {key["id"]: key for key in client.get("/v1/keys").json()["data"]}
    assert listed[created.json()["id"]]["revoked_at"] and listed[created.json()["id"]]["last_used_at"]
    assert client.delete("/v1/keys/nobody").status_code == 404


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["root"]}, "scopes.0"),
        ({"name": "a", "expires_in_days": 0}, "expires_in_days"),
        ({"name": "a", "owner": "me"}, "owner"),
    ],
)
def test_bad_key_request_names_its_field(client: TestClient, body: dict[str, object], param: str) -> None:
    response = client.post("/v1/keys", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_user_has_so_many_keys_that_work_and_one_more_for_each_that_does_not(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_store, "MAX_KEYS", 3)
    body = {"name": "one of many", "scopes": ["generate"]}
    first, _ = (client.post("/v1/keys", json=body).raise_for_status().json() for _ in range(2))  # beside the admin's
    refused = client.post("/v1/keys", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "key_quota_exceeded")
    new_user(client, "other")  # others' keys do not count
    client.delete(f"/v1/keys/{first['id']}").raise_for_status()
    client.post("/v1/keys", json=body).raise_for_status()


def test_no_secret_is_ever_listed_or_stored(client: TestClient, door: Door) -> None:
    key = client.post("/v1/keys", json={"name": "ci"}).json()["key"]
    assert key not in client.get("/v1/keys").text
    secret = key.rsplit("_", 1)[1]
    engine = create_engine(door.database_url)
    with engine.connect() as connection:
        rows = [str(row) for table in Base.metadata.sorted_tables for row in connection.execute(table.select())]
    engine.dispose()
    assert rows and not any(secret in row for row in rows)


async def test_expired_key_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/emblem.db")
    await database.open()
    keys = KeyStore(database, "s" * 32)
    user = await UserStore(database).create("ada", None, "member")
    _, fresh = await keys.create(user.id, "fresh", ["generate"], datetime.now(UTC) + timedelta(days=1))
    _, stale = await keys.create(user.id, "stale", ["generate"], datetime.now(UTC) - timedelta(seconds=1))
    assert (await keys.authenticate(fresh)).scopes == {"generate"}
    with pytest.raises(AuthenticationFailed, match="has expired") as refused:
        await keys.authenticate(stale)
    assert refused.value.code == "api_key_expired"
    await database.close()


def test_admin_key_is_made_at_the_first_start_only_and_for_its_owner_only(tmp_path: Path) -> None:
    door = build_door(tmp_path)
    with TestClient(door.api):
        first = door.admin_key
    assert stat.S_IMODE(door.admin_key_path.stat().st_mode) == 0o600
    again = build_door(tmp_path)
    with TestClient(again.api) as client:
        assert again.admin_key == first
        assert client.get("/v1/keys", headers={"authorization": f"Bearer {first}"}).status_code == 200


def test_all_who_start_at_once_read_the_same_secret(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "server.secret"
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: read_or_create_secret(path), range(32)))
    assert len(secrets) == 1 and len(secrets.pop()) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["server.secret"]
