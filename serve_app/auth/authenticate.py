"""The door's lock: nothing under `/v1/` is parsed, let alone computed, before the key is known to be good."""

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.errors import AuthenticationFailed
from serve_app.auth.key_store import KeyStore

PROTECTED_PREFIX = "/v1/"  # everything else is health, documentation and the studio's files


class Authenticate:
    """Pure ASGI: puts a `Caller` into the request's state, or raises AuthenticationFailed."""

    def __init__(self, app: ASGIApp, keys: KeyStore) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and f"{scope['path']}/".startswith(PROTECTED_PREFIX):
            scope.setdefault("state", {})["caller"] = await self._keys.authenticate(_bearer(scope))
        await self._app(scope, receive, send)


def _bearer(scope: Scope) -> str:
    header = Request(scope).headers.get("authorization", "")
    if not header:
        raise AuthenticationFailed("no API key: send it as 'Authorization: Bearer <key>'", "missing_credentials")
    match = re.fullmatch(r"bearer (\S+)", header, re.IGNORECASE)
    if not match:
        raise AuthenticationFailed("send the API key as 'Authorization: Bearer <key>'", "invalid_credentials")
    return match[1]
