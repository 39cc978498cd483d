"""Users beside the first admin, and their way in."""

from typing import Any

from httpx import Client, Response

Headers = dict[str, str]

PASSWORD = "correct horse battery"


def new_user(client: Client, name: str, role: str = "member", **fields: object) -> str:
    """Their id."""
    answer = client.post("/v1/users", json={"name": name, "role": role, **fields})
    assert answer.status_code == 201, answer.text
    user_id: str = answer.json()["id"]
    return user_id


def as_user(client: Client, user_id: str, *scopes: str, headers: Headers | None = None, **fields: object) -> Headers:
    """The headers of a new key of theirs, made by an admin."""
    body: dict[str, Any] = {"name": "theirs", "user_id": user_id, "scopes": scopes or ["generate"], **fields}
    answer = client.post("/v1/keys", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return {"authorization": f"Bearer {answer.json()['key']}"}


def set_password(client: Client, token: str, password: str = PASSWORD) -> Response:
    return client.post("/v1/passwords", json={"token": token, "password": password})


def sign_in(client: Client, name: str, password: str = PASSWORD, headers: Headers | None = None) -> Response:
    return client.post("/v1/sessions", json={"name": name, "password": password}, headers=headers)
