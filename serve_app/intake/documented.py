"""Bodies in the OpenAPI document whose routes read them themselves: FastAPI would set no limits."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def documented_body(
    form: type[BaseModel], files: Mapping[str, str], json: type[BaseModel] | None = None
) -> dict[str, Any]:
    """Multipart with `files`, names with what they are for, of which the first is required; or JSON."""
    content = {"multipart/form-data": {"schema": _with_files(_inlined(form), files)}}
    if json:
        content["application/json"] = {"schema": _inlined(json)}
    return {"requestBody": {"required": True, "content": content}}


def _with_files(schema: dict[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    described = {name: binary | {"description": text} for name, text in files.items()}
    required = [next(iter(files)), *schema.get("required", [])]
    return schema | {"properties": described | schema["properties"], "required": required}


def _inlined(body: type[BaseModel]) -> dict[str, Any]:
    """Nested types are those that other routes document too."""
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return schema
