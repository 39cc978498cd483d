"""Bodies that a route reads itself, refused in the same words as those that FastAPI reads."""

from typing import TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from serve_app.json_body import read_json

BodyT = TypeVar("BodyT", bound=BaseModel)


def body_of_fields(body_type: type[BodyT], fields: dict[str, str]) -> BodyT:
    """Raises RequestValidationError."""
    try:
        return body_type.model_validate_strings(fields)
    except ValidationError as error:
        raise _as_fastapi(error) from error


def is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


async def body_of_json(body_type: type[BodyT], request: Request) -> BodyT:
    """Raises RequestValidationError and InvalidRequest."""
    try:
        return body_type.model_validate(read_json(await request.body()))
    except ValidationError as error:
        raise _as_fastapi(error) from error


def _as_fastapi(error: ValidationError) -> RequestValidationError:
    return RequestValidationError([{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors()])
