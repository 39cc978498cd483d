"""The door's lock: nothing under `/v1/` is parsed, let alone computed, before the key is known to be good."""

import re

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.errors import AuthenticationFailed
from serve_app.auth.cookie import READING, read_cookie, refuse_foreign_origin
from serve_app.auth.key_store import Caller, KeyStore

PROTECTED_PREFIX = "/v1/"  # everything else is health, documentation and the studio's files
OPEN = frozenset({"/v1/sessions", "/v1/passwords"})  # where who has no key yet gets in


class Authenticate:
    """Pure ASGI: puts a `Caller` into the request's state, or raises AuthenticationFailed or PermissionDenied."""

    def __init__(self, app: ASGIApp, keys: KeyStore, public_url: str) -> None:
        self._app = app
        self._keys = keys
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and f"{path}/".startswith(PROTECTED_PREFIX) and path not in OPEN:
            scope.setdefault("state", {})["caller"] = await self._caller(Request(scope))
        await self._app(scope, receive, send)

    async def _caller(self, request: Request) -> Caller:
        """By the key, which a client says, rather than by the cookie, which a browser sends by itself."""
        if header := request.headers.get("authorization", ""):
            return await self._keys.authenticate(_bearer(header))
        cookie = read_cookie(request, self._public_url)
        if cookie is None:
            raise AuthenticationFailed("no API key: send it as 'Authorization: Bearer <key>'", "missing_credentials")
        if request.method not in READING:
            refuse_foreign_origin(request, self._public_url)
        return await self._keys.authenticate(cookie, is_session=True)


def _bearer(header: str) -> str:
    match = re.fullmatch(r"bearer (\S+)", header, re.IGNORECASE)
    if not match:
        raise AuthenticationFailed("send the API key as 'Authorization: Bearer <key>'", "invalid_credentials")
    return match[1]
