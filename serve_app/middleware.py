"""What happens to every request before any route sees it. Pure ASGI, in the order in which `api.py` stacks them."""

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.errors import InvalidRequest
from deployments.log import about

logger = logging.getLogger("ray.serve")

BODY_TIMEOUT_S = 30.0

ErrorResponder = Callable[[Exception, Scope, Receive, Send], Awaitable[None]]

_API_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
}
_STUDIO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "font-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class RequestContext:
    """Names the request, times it, logs its end, sets the headers, and answers what nothing else has caught."""

    def __init__(self, app: ASGIApp, respond_to_error: ErrorResponder) -> None:
        self._app = app
        self._respond_to_error = respond_to_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        about(request_id, state.get("traceparent"))
        started_s = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _set_headers(MutableHeaders(scope=message), scope, started_s)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            if status:  # the response has begun; there is no second one
                raise
            await self._respond_to_error(error, scope, receive, send_with_headers)
        logger.info("%s %s %d", scope["method"], quote(scope["path"]), status)


def _request_id(scope: Scope) -> str:
    """Serve's proxy gives each request one, and returns it; a caller's own is kept where it can do no harm in a log."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if re.fullmatch(r"[\w.:-]{1,128}", given, re.ASCII) else f"req_{uuid.uuid4().hex}"


def _set_headers(headers: MutableHeaders, scope: Scope, started_s: float) -> None:
    is_api = scope["path"].startswith("/v1/")
    headers.update(_API_HEADERS)
    headers["content-security-policy"] = _API_POLICY if is_api else _STUDIO_POLICY
    if traceparent := scope["state"].get("traceparent"):
        headers["traceparent"] = traceparent
    headers["openai-processing-ms"] = str(round(1000 * (time.perf_counter() - started_s)))
    if is_api:
        headers.setdefault("cache-control", "no-store")


class BodyLimit:
    """Refuses a body over `max_bytes`, and a form on one of `max_upload_bytes` over what that path takes.

    By its declared length at once, by count where none is declared. Also a body that has not come whole within
    `timeout_s`, unless it is such a form, which has a time of its own.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, max_upload_bytes: Mapping[str, int], timeout_s: float = BODY_TIMEOUT_S
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_upload_bytes = max_upload_bytes
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        is_upload = is_form and scope["path"] in self._max_upload_bytes
        max_bytes = self._max_upload_bytes[scope["path"]] if is_upload else self._max_bytes
        declared = headers.get("content-length", "0")
        if not re.fullmatch(r"\d{1,20}", declared, re.ASCII):
            raise InvalidRequest(f"content-length: no length, got {declared!r:.80}", "bad_request", "content-length")
        if int(declared) > max_bytes:
            raise _too_large(max_bytes)
        received = 0
        deadline_s = None if is_upload else asyncio.get_running_loop().time() + self._timeout_s

        async def counted_receive() -> Message:
            nonlocal received, deadline_s
            try:
                async with asyncio.timeout_at(deadline_s):
                    message = await receive()
            except TimeoutError as error:
                reason = f"the body did not come within {self._timeout_s:g} s"
                raise InvalidRequest(reason, "request_timeout") from error
            received += len(message.get("body", b""))
            if not message.get("more_body"):
                deadline_s = None
            if received > max_bytes:
                raise _too_large(max_bytes)
            return message

        await self._app(scope, counted_receive, send)


def _too_large(max_bytes: int) -> InvalidRequest:
    return InvalidRequest(f"the body is over {max_bytes} bytes", "payload_too_large")
