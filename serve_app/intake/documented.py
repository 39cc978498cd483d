"""A multipart body in the OpenAPI document, whose routes read it themselves: FastAPI would set no limits."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def documented_form(body: type[BaseModel], files: Mapping[str, str]) -> dict[str, Any]:
    """`files` are names with what they are for; the first is required."""
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    described = {
        name: {"type": "string", "contentMediaType": "application/octet-stream", "description": text}
        for name, text in files.items()
    }
    schema["properties"] = described | schema["properties"]
    schema["required"] = [next(iter(files)), *schema.get("required", [])]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
