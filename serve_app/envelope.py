"""Every failure as OpenAI's error envelope: the one place that decides HTTP statuses."""

import logging
import math

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from deployments.errors import (
    AuthenticationFailed,
    Conflict,
    EmblemError,
    Expired,
    GenerationFailed,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    RateLimited,
    Unavailable,
)

logger = logging.getLogger("ray.serve")

LONGEST_WAIT_S = 120.0  # that OpenAI's clients wait before they ask again; told to wait longer, they ask at once

_KINDS: dict[type[EmblemError], tuple[int, str]] = {
    InvalidRequest: (400, "invalid_request_error"),
    AuthenticationFailed: (401, "authentication_error"),
    PermissionDenied: (403, "permission_error"),
    NotFound: (404, "not_found_error"),
    Conflict: (409, "conflict_error"),
    Expired: (409, "conflict_error"),
    RateLimited: (429, "rate_limit_error"),
    GenerationFailed: (500, "server_error"),
    Unavailable: (503, "overloaded_error"),
}
_STATUS_OF_CODE = {
    "request_timeout": 408,
    "payload_too_large": 413,
    "file_too_large": 413,
    "uri_too_long": 414,
    "unsupported_archive": 415,
    "unsupported_encoding": 415,
    "unsupported_image_format": 415,
    "unsupported_media_type": 415,
    "idempotency_mismatch": 422,
    "headers_too_large": 431,
}
_CODE_OF_PARAM = {"idempotency-key": "invalid_idempotency_key", "last-event-id": "invalid_event_id"}
_HTTP_CODES = {404: ("not_found_error", "not_found"), 405: ("invalid_request_error", "method_not_allowed")}


async def respond_to_error(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    response = error_response(Request(scope), error)
    await response(scope, receive, send)


def error_response(request: Request, error: Exception) -> "ErrorResponse":
    response = _response(request, error)
    request.state.error_code = response.code  # for who counts
    return response


class ErrorResponse(JSONResponse):
    """OpenAI's envelope."""

    def __init__(
        self, status: int, message: str, kind: str, code: str, param: str | None, headers: dict[str, str]
    ) -> None:
        super().__init__({"error": {"message": message, "type": kind, "param": param, "code": code}}, status, headers)
        self.code = code


def _response(request: Request, error: Exception) -> ErrorResponse:
    if isinstance(error, RequestValidationError):
        return _emblem_response(_first_problem(error, request))
    if isinstance(error, EmblemError):
        return _emblem_response(error)
    if isinstance(error, HTTPException) and isinstance(error.__cause__, EmblemError):
        return _emblem_response(error.__cause__)  # raised while FastAPI read the body, which it calls a bad body
    if isinstance(error, HTTPException):
        kind, code = _HTTP_CODES.get(error.status_code, ("invalid_request_error", "invalid_request"))
        message = f"{request.method} {_shortened(request.scope['path'])}: {error.detail}"
        return ErrorResponse(error.status_code, message, kind, code, None, dict(error.headers or {}))
    logger.exception("unexpected error", exc_info=error)
    message = "an unexpected error; the log has it under this request id"
    return ErrorResponse(500, message, "server_error", "internal_error", None, {})


def _emblem_response(error: EmblemError) -> ErrorResponse:
    status, kind = _KINDS[type(error)]
    headers: dict[str, str] = {}
    if isinstance(error, AuthenticationFailed):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, Conflict | Expired):
        headers["x-should-retry"] = "false"  # OpenAI's clients repeat a 409 unless told
    if isinstance(error, RateLimited):
        headers = {**error.standing}
        if error.retry_after_s is None or error.retry_after_s > LONGEST_WAIT_S:
            headers["x-should-retry"] = "false"
        if error.retry_after_s is not None:
            headers["retry-after-ms"] = str(math.ceil(1000 * error.retry_after_s))
            headers["retry-after"] = str(math.ceil(error.retry_after_s))
    if isinstance(error, Unavailable):
        headers["retry-after"] = str(round(error.retry_after_s))
    return ErrorResponse(_STATUS_OF_CODE.get(error.code, status), error.message, kind, error.code, error.param, headers)


def _first_problem(error: RequestValidationError, request: Request) -> InvalidRequest:
    """OpenAI's envelope has room for one problem: the first, named by its field."""
    problem = error.errors()[0]
    if problem["loc"] == ("body",):
        return _bad_body(problem["type"], request.headers.get("content-type", "none"))
    param = ".".join(str(part) for part in problem["loc"][1:]) or None
    match problem["type"]:
        case "extra_forbidden":
            return InvalidRequest(f"unknown parameter {param!r}", "unknown_parameter", param)
        case "missing":
            return InvalidRequest(f"{param} is required", "missing_parameter", param)
    message = f"{param}: {problem['msg']}, got {_shortened(problem.get('input'))}"
    return InvalidRequest(message, _CODE_OF_PARAM.get(param or "", "invalid_value"), param)


def _bad_body(problem: str, media_type: str) -> InvalidRequest:
    if problem == "missing":
        return InvalidRequest("the body is empty, and should be a JSON object", "invalid_json")
    if "json" not in media_type:
        message = f"content-type must be application/json, got {_shortened(media_type)}"
        return InvalidRequest(message, "unsupported_media_type", "content-type")
    return InvalidRequest("the body must be a JSON object", "invalid_body")


def _shortened(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
