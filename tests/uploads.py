"""Images sent to the door: as files of a key, and to be drawn over."""

from typing import Any

import httpx
from httpx import Client

JsonObject = dict[str, Any]
Headers = dict[str, str]

FILES, EDITS, VARIATIONS = "/v1/files", "/v1/images/edits", "/v1/images/variations"


def upload(
    client: Client, content: bytes, headers: Headers | None = None, filename: str = "logo.png",
    purpose: str = "reference",
) -> httpx.Response:  # fmt: skip
    files = {"file": (filename, content, "application/octet-stream")}
    return client.post(FILES, data={"purpose": purpose}, files=files, headers=headers)


def uploaded(client: Client, content: bytes, **changes: Any) -> JsonObject:
    answer = upload(client, content, **changes)
    assert answer.status_code == 201, answer.text
    body: JsonObject = answer.json()
    return body


def references(client: Client, *contents: bytes) -> list[JsonObject]:
    """To files, uploaded now."""
    return [{"file_id": uploaded(client, content)["id"]} for content in contents]


def send(
    client: Client, image: bytes, mask: bytes | None = None, path: str = EDITS, headers: Headers | None = None,
    **fields: object,
) -> httpx.Response:  # fmt: skip
    contents = {"image": image} | ({"mask": mask} if mask else {})
    files = {name: (f"{name}.png", content, "application/octet-stream") for name, content in contents.items()}
    given = {"prompt": "make it blue"} if path == EDITS else {}
    data = {name: str(value) for name, value in (given | fields).items()}
    return client.post(path, data=data, files=files, headers=headers)


def edited(client: Client, image: bytes, mask: bytes | None = None, **fields: Any) -> JsonObject:
    answer = send(client, image, mask, **fields)
    assert answer.status_code == 200, answer.text
    body: JsonObject = answer.json()
    return body
