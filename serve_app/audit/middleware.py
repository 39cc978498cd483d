"""Sees to it that each call that may change something is in the audit log, once. Pure ASGI, behind the door's lock."""

import logging

from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.errors import Unavailable
from serve_app.audit.act import DONE, Act, named_in
from serve_app.audit.trail import Trail

logger = logging.getLogger("ray.serve")

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_AWAY = "database_unavailable"  # such a call has changed nothing, and can't be written down either


class Audit:
    def __init__(self, app: ASGIApp, trail: Trail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READING or "caller" not in scope["state"]:
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except Exception:
            await self._complete(scope, "internal_error")
            raise
        await self._complete(scope, scope["state"].get("error_code", DONE))

    async def _complete(self, scope: Scope, outcome: str) -> None:
        route = scope.get("route")
        if route is None or scope["method"] not in route.methods or outcome == _AWAY or act_of(scope).is_written:
            return
        try:
            await self._trail.add(act_of(scope), outcome)
        except Unavailable:
            logger.error("%s, %s, is not in the audit log: the database is away", route.name, outcome)


def act_of(scope: Scope) -> Act:
    """One for each call; its route is known by then."""
    state = scope["state"]
    if "act" not in state:
        client = scope.get("client")
        kind, object_id = named_in(scope.get("path_params", {})) or (None, None)
        who = (state["caller"].key_id, scope["route"].name, state["request_id"], client and client[0])
        state["act"] = Act(*who, kind, object_id)
    found: Act = state["act"]
    return found
