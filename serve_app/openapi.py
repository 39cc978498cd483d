"""The OpenAPI document, as the API really answers."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from serve_app.streams.events import StreamEvent


def describe(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, and the events of streams."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        events = TypeAdapter(StreamEvent).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        document["components"]["schemas"] |= events["$defs"]
        app.openapi_schema = document
    return app.openapi_schema
