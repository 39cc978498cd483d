"""What may be sent over HTTP and means two things, or nothing here: refused before any of it is used. Pure ASGI."""

import re
from collections import Counter
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.errors import InvalidRequest, NotFound

MAX_HEADER_BYTES = 32 * 1024
MAX_TARGET_BYTES = 8 * 1024
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")


class Protocol:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for refuse in (_refuse_long, _refuse_zero_bytes, _refuse_headers, _refuse_repeated_query):
                refuse(scope)
        await self._app(scope, receive, send)


def _refuse_long(scope: Scope) -> None:
    target_bytes = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    if target_bytes > MAX_TARGET_BYTES:
        raise InvalidRequest(f"the address has {target_bytes} bytes, over {MAX_TARGET_BYTES}", "uri_too_long")
    header_bytes = sum(len(name) + len(value) for name, value in scope["headers"])
    if header_bytes > MAX_HEADER_BYTES:
        raise InvalidRequest(f"the headers have {header_bytes} bytes, over {MAX_HEADER_BYTES}", "headers_too_large")


def _refuse_zero_bytes(scope: Scope) -> None:
    """No name has one, no file system opens one, and PostgreSQL takes none."""
    if "\0" in scope["path"]:
        raise NotFound("no address holds a zero byte", "not_found")
    if b"%00" in scope["query_string"]:
        raise InvalidRequest("the query holds a zero byte", "invalid_text")


def _refuse_headers(scope: Scope) -> None:
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise InvalidRequest(f"host: one name, with or without a port, got {hosts!r:.80}", "invalid_host", "host")
    if len(headers.getlist("authorization")) > 1:
        raise InvalidRequest("more than one authorization header", "ambiguous_credentials", "authorization")
    encoding = headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        message = f"content-encoding: bodies are taken as they are, got {encoding!r:.80}"
        raise InvalidRequest(message, "unsupported_encoding", "content-encoding")


def _refuse_repeated_query(scope: Scope) -> None:
    names = Counter(name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    for name, count in names.items():
        if count > 1:
            raise InvalidRequest(f"{name[:80]!r} is in the query {count} times", "invalid_value", name)
