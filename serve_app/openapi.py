"""The OpenAPI document, as the API really answers."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from serve_app.streams.events import StreamEvent


def describe(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document without its own 422 answer: a bad field is a 400 in our envelope."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"].pop("422", None)
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        events = TypeAdapter(StreamEvent).json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        document["components"]["schemas"] |= events["$defs"]
        app.openapi_schema = document
    return app.openapi_schema
