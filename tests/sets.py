"""Sets as a caller makes and follows them."""

import time
from typing import Any

from httpx import Client

SETS = "/v1/icon-sets"
SUBJECTS = ("rocket", "heart", "star")


def icon_set(*subjects: str, **fields: object) -> dict[str, Any]:
    return {"name": "launch", "subjects": subjects or SUBJECTS, "size": "64x64", **fields}


def make_set(client: Client, *subjects: str, headers: dict[str, str] | None = None, **fields: object) -> dict[str, Any]:
    answer = client.post(SETS, json=icon_set(*subjects, **fields), headers=headers)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{SETS}/{body['id']}"
    return body


def read_set(client: Client, set_id: str, kind: str = "icon") -> dict[str, Any]:
    answer = client.get(f"/v1/{kind}-sets/{set_id}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def until_ended(client: Client, made: dict[str, Any]) -> dict[str, Any]:
    deadline_s = time.monotonic() + 30
    while (body := read_set(client, made["id"], made["kind"]))["status"] == "in_progress":
        assert time.monotonic() < deadline_s, body
        time.sleep(0.02)
    return body


def ended_set(client: Client) -> dict[str, Any]:
    return until_ended(client, make_set(client))


def redrawn(made: dict[str, Any], position: int = 0) -> str:
    """Where that item is drawn again."""
    return f"/v1/{made['kind']}-sets/{made['id']}/items/{made['items'][position]['id']}/regenerate"


def statuses(made: dict[str, Any]) -> list[str]:
    return [item["status"] for item in made["items"]]
