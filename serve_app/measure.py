"""Counts, times and traces every request. Pure ASGI, around all else."""

import time

from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.tracing import Tracing, traceparent_of
from serve_app.metrics import GatewayMetrics

UNROUTED = "none"  # the studio's files, what is not there, and what was refused before its route was looked for
HUNG_UP = 499


class Measure:
    def __init__(self, app: ASGIApp, metrics: GatewayMetrics, tracing: Tracing) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with self._tracing.span(scope["method"], Headers(scope=scope).get("traceparent"), SpanKind.SERVER) as span:
            scope.setdefault("state", {})["traceparent"] = traceparent_of(span)
            await self._measure(span, scope, receive, send)

    async def _measure(self, span: Span, scope: Scope, receive: Receive, send: Send) -> None:
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
            _describe(span, scope, status)


def _describe(span: Span, scope: Scope, status: int) -> None:
    """By the route's template: an address may hold what is nobody else's."""
    template = template_of(scope)
    span.update_name(scope["method"] if template == UNROUTED else f"{scope['method']} {template}")
    span.set_attributes({
        "http.request.method": scope["method"], "http.route": template, "http.response.status_code": status,
        "emblem.request_id": scope["state"]["request_id"],
    })  # fmt: skip
    if status >= 500:
        span.set_status(StatusCode.ERROR)


def template_of(scope: Scope) -> str:
    """`/v1/files/{file_id}`: as many values as there are routes. A route knows its path without what it lies under."""
    route = scope.get("route")
    if route is None:
        return UNROUTED
    above = scope["path"].split("/")[: -route.path.count("/")]
    return "/".join(above) + str(route.path)
