"""One thing that must be refused, and how; and the ways to write it down shortly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

GENERATIONS = "/v1/generations"
IMAGES = "/v1/images/generations"
KEYS = "/v1/keys"
EXPORTS = "/v1/exports"
SPLASH_EXPORTS = "/v1/splash-exports"
SETS = ("/v1/icon-sets", "/v1/splash-sets")
TRAININGS = "/v1/fine_tuning/jobs"
POSTS = (
    GENERATIONS,
    IMAGES,
    KEYS,
    EXPORTS,
    SPLASH_EXPORTS,
    TRAININGS,
    *SETS,
    "/v1/styles",
    "/v1/users",
    "/v1/users/me/password",
    "/v1/sessions",
    "/v1/passwords",
)

JSON = {"content-type": "application/json"}
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class BadInput:
    name: str  # the row's number in the catalogue, and which of its inputs
    status: int
    code: str
    param: str | None = None
    says: str = ""  # what the message has to hold
    method: str = "GET"
    path: str = GENERATIONS
    content: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def request(
    name: str, status: int, code: str, method: str = "GET", path: str = GENERATIONS,
    headers: Mapping[str, str] | Headers | None = None, content: bytes = b"", param: str | None = None, says: str = "",
) -> BadInput:  # fmt: skip
    pairs = headers if isinstance(headers, list) else [(k.encode(), v.encode()) for k, v in (headers or {}).items()]
    return BadInput(name, status, code, param, says, method, path, content, tuple(pairs))


def body(name: str, status: int, code: str, content: bytes | str, says: str = "") -> list[BadInput]:
    """Sent to every route that reads a body."""
    sent = content.encode() if isinstance(content, str) else content
    return [request(f"{name} {path}", status, code, "POST", path, JSON, sent, says=says) for path in POSTS]


def field(name: str, code: str, value: object, param: str | None = None, status: int = 400) -> list[BadInput]:
    """Sent to both routes that draw; `name` ends with the field, and the message has to hold the value."""
    told, key = param or name.split()[-1], name.split()[-1]
    says = key if code == "unknown_parameter" else ascii(value)[:40].strip("'")
    content = json.dumps({"prompt": "white rocket", key: value}).encode()
    return [
        request(f"{name}={str(value)[:30]} {path}", status, code, "POST", path, JSON, content, told, says)
        for path in (GENERATIONS, IMAGES)
    ]


def fields(name: str, code: str, *values: object) -> list[BadInput]:
    return [row for value in values for row in field(name, code, value)]


def key(row: str, code: str, param: str, /, **asked: object) -> BadInput:
    content = json.dumps({"name": "ci", **asked}).encode()
    return request(f"{row} {str(asked)[:40]}", 400, code, "POST", KEYS, JSON, content, param)


def image(param: str, code: str, /, **asked: object) -> BadInput:
    content = json.dumps({"prompt": "white rocket", **asked}).encode()
    return request(f"B-090 {str(asked)[:40]}", 400, code, "POST", IMAGES, JSON, content, param)


def job(row: str, code: str, param: str, says: str = "", /, **asked: object) -> BadInput:
    content = json.dumps({"prompt": "white rocket", **asked}).encode()
    return request(row, 400, code, "POST", GENERATIONS, JSON, content, param, says)
