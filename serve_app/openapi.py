"""The OpenAPI document, as the API really answers."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from serve_app.schemas import ErrorEnvelope
from serve_app.streams.events import StreamEvent

REF = "#/components/schemas/{model}"
ERROR_SCHEMA = {"$ref": REF.format(model=ErrorEnvelope.__name__)}


def describe(app: FastAPI) -> dict[str, Any]:
    """FastAPI's document, and what it does not see: the events of streams, and the envelope of errors."""
    if not app.openapi_schema:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        told = TypeAdapter(StreamEvent | ErrorEnvelope).json_schema(ref_template=REF, mode="serialization")
        document["components"]["schemas"] |= told["$defs"]
        app.openapi_schema = document
    return app.openapi_schema
