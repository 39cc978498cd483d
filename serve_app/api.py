"""The FastAPI application: routers, middleware in order, one map from exceptions to envelopes. Needs no Ray."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from deployments.errors import EmblemError
from deployments.log import name_requests
from serve_app.audit.middleware import Audit
from serve_app.auth.authenticate import Authenticate
from serve_app.context import GatewayContext
from serve_app.deps import documented_bearer
from serve_app.envelope import error_response, respond_to_error
from serve_app.intake.data_set import MAX_DATA_SET_BYTES
from serve_app.intake.limits import ImageLimits
from serve_app.measure import Measure
from serve_app.middleware import BodyLimit, RequestContext
from serve_app.openapi import ERROR_SCHEMA, describe
from serve_app.protocol import Protocol
from serve_app.routes import (
    audit,
    edits,
    events,
    exports,
    files,
    fine_tuning,
    generations,
    health,
    images,
    keys,
    model_versions,
    models,
    sessions,
    sets,
    styles,
    usage,
    users,
    webhooks,
)
from serve_app.studio import STUDIO_DIR, mount_studio

MAX_BODY_BYTES = 256 * 1024  # a prompt and its settings
MAX_UPLOAD_BODY_BYTES = MAX_BODY_BYTES + 2 * ImageLimits().max_bytes  # with an image and its mask
MAX_UPLOADS_BYTES = {
    "/v1/files": MAX_BODY_BYTES + MAX_DATA_SET_BYTES,
    "/v1/images/edits": MAX_UPLOAD_BODY_BYTES,
    "/v1/images/variations": MAX_UPLOAD_BODY_BYTES,
}

# By reference: FastAPI makes a validator of every `model`, of every route, at every start.
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"content": {"application/json": {"schema": ERROR_SCHEMA}}, "description": description}
    for status, description in {
        400: "the request is not valid",
        401: "no valid API key or session",
        403: "the key lacks a scope",
        404: "no such thing",
        409: "not in the state that it is in",
        408: "the body did not come in time",
        413: "the body is too large",
        414: "the address is too long",
        415: "not a kind of body or file that is taken here, or a compressed body",
        422: "the Idempotency-Key came with another body",
        431: "the headers are too large",
        429: "more than the key may; see retry-after",
        500: "the generation failed",
        503: "not now; see retry-after",
    }.items()
}


def build_api(
    context: GatewayContext,
    open_context: Callable[[], Awaitable[None]],
    close_context: Callable[[], Awaitable[None]],
    studio_dir: Path = STUDIO_DIR,
) -> FastAPI:
    name_requests()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await open_context()
        yield
        await close_context()

    app = FastAPI(
        title="Emblem", version=version("emblem"), lifespan=lifespan, docs_url=None, redoc_url=None,
        description="App icons and splash screens in one house style. OpenAI's image API, and more.",
    )  # fmt: skip
    app.state.context = context
    app.router.routes.extend(_routes())
    mount_studio(app, studio_dir)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    for kind in (EmblemError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, error_response)
    # The last added is the outermost.
    app.add_middleware(Audit, trail=context.trail)
    app.add_middleware(Authenticate, keys=context.keys, public_url=context.public_url)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, max_upload_bytes=MAX_UPLOADS_BYTES)
    app.add_middleware(Protocol)
    app.add_middleware(RequestContext, respond_to_error=respond_to_error)
    app.add_middleware(Measure, metrics=context.metrics, tracing=context.tracing)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """The API's routes, which depend on no context. Their validators are made here, not at the first request, as
    FastAPI would: that request waits for them, and two applications' first requests disturb each other's warnings."""
    v1 = APIRouter(dependencies=[Depends(documented_bearer)], responses=_ERRORS)
    drawing = (images, edits, generations, events, sets, styles, files, exports)
    learning = (fine_tuning, models, model_versions, webhooks)
    for routes in (*drawing, *learning, keys, users, sessions, usage, audit):
        v1.include_router(routes.router)
    router = APIRouter()
    router.include_router(health.router)
    router.include_router(v1, prefix="/v1")  # here, not above: FastAPI would build every route twice
    for route in router.routes:
        route.matches({"type": "http", "method": "GET", "path": "/v1/no-such-route", "headers": []})
    return router.routes
