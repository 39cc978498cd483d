"""Counts and times every request. Pure ASGI, around all else."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve_app.metrics import GatewayMetrics

UNROUTED = "none"  # the studio's files, what is not there, and what was refused before its route was looked for
HUNG_UP = 499


class Measure:
    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s, status = time.perf_counter(), HUNG_UP

        async def watched_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        finally:
            seconds, code = time.perf_counter() - started_s, scope["state"].get("error_code")
            self._metrics.request_ended(scope["method"], template_of(scope), status, seconds, code)


def template_of(scope: Scope) -> str:
    """`/v1/files/{file_id}`: as many values as there are routes. A route knows its path without what it lies under."""
    route = scope.get("route")
    if route is None:
        return UNROUTED
    above = scope["path"].split("/")[: -route.path.count("/")]
    return "/".join(above) + str(route.path)
