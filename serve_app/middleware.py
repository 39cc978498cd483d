"""What happens to every request before any route sees it. Pure ASGI, in the order in which `api.py` stacks them."""

import logging
import time
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.errors import InvalidRequest

logger = logging.getLogger("ray.serve")

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
        request_id = Headers(scope=scope).get("x-request-id", "")  # Serve's proxy gives each one, and returns it
        scope.setdefault("state", {})["request_id"] = request_id
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
        logger.info("%s %s %d, request_id=%s", scope["method"], scope["path"], status, request_id)


def _set_headers(headers: MutableHeaders, scope: Scope, started_s: float) -> None:
    is_api = scope["path"].startswith("/v1/")
    headers.update(_API_HEADERS)
    headers["content-security-policy"] = _API_POLICY if is_api else _STUDIO_POLICY
    headers["openai-processing-ms"] = str(round(1000 * (time.perf_counter() - started_s)))
    if is_api:
        headers.setdefault("cache-control", "no-store")


class BodyLimit:
    """Refuses a body over `max_bytes`, and a form on `upload_paths` over `max_upload_bytes`.

    By its declared length at once, by count where none is declared.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, max_upload_bytes: int, upload_paths: frozenset[str]) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._max_upload_bytes = max_upload_bytes
        self._upload_paths = upload_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").lower().startswith("multipart/form-data")
        is_upload = is_form and scope["path"] in self._upload_paths
        max_bytes = self._max_upload_bytes if is_upload else self._max_bytes
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or int(declared) > max_bytes:
            raise _too_large(max_bytes)
        received = 0

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                raise _too_large(max_bytes)
            return message

        await self._app(scope, counted_receive, send)


def _too_large(max_bytes: int) -> InvalidRequest:
    return InvalidRequest(f"the body is over {max_bytes} bytes", "payload_too_large")
