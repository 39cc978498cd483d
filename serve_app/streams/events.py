"""What streams tell: OpenAI's events of single images, and ours of a whole generation.

None has a key `error` at its top: OpenAI's clients take that for the end.
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

from deployments.schemas import OutputFormat
from serve_app.fine_tuning.schemas import FineTuningEvent
from serve_app.generation_schemas import Generation
from serve_app.schemas import ErrorEnvelope, Usage


class ImagePart(BaseModel):
    """What OpenAI's events share; `image_index` is ours, for `n` > 1."""

    created_at: int = Field(description="Unix time in seconds")
    image_index: int
    b64_json: str | None
    size: str = Field(description="of this picture: previews may be smaller")
    quality: str
    background: Literal["opaque"] = "opaque"
    output_format: OutputFormat


class ImagePartial(ImagePart):
    type: Literal["image_generation.partial_image", "image_edit.partial_image"]
    partial_image_index: int = Field(description="from 0, of this image")


class ImageCompleted(ImagePart):
    type: Literal["image_generation.completed", "image_edit.completed"]
    id: str = Field(description="of the generation")
    seed: int
    sha256: str
    url: str | None = Field(description="with response_format=url")
    usage: Usage | None = Field(description="of all images; comes with the last")


ChangeType = Literal[
    "generation.queued",
    "generation.in_progress",
    "generation.image",
    "generation.completed",
    "generation.failed",
    "generation.cancelled",
    "generation.expired",
]


class GenerationChanged(BaseModel):
    """It was accepted, begun, has one more image, or has ended."""

    type: ChangeType
    generation: Generation = Field(description="as it is now, which may be further than this event")


class GenerationQueue(BaseModel):
    """It has moved up."""

    type: Literal["generation.queue"] = "generation.queue"
    queue_position: int = Field(description="1: the next")
    eta_s: float | None = Field(description="until it is drawn, measured; absent before any measurement")


class GenerationStep(BaseModel):
    type: Literal["generation.step"] = "generation.step"
    image_index: int
    step: int
    num_steps: int


class GenerationPreview(BaseModel):
    type: Literal["generation.preview"] = "generation.preview"
    image_index: int
    step: int
    num_steps: int
    b64_json: str = Field(description="PNG, at most 512 pixels a side")


JobEvent = GenerationChanged | GenerationQueue | GenerationStep | GenerationPreview
ImageEvent = ImagePartial | ImageCompleted
StreamEvent = ImageEvent | JobEvent | FineTuningEvent


def documented(*events: type[BaseModel], end: str | None = None) -> dict[str, Any]:
    """An OpenAPI answer whose events these are, or one error; `openapi.describe` adds their schemas.

    `end` is the data of a last event that is no JSON.
    """
    models: list[type[BaseModel]] = [*events, ErrorEnvelope]
    told = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": {"anyOf": told}}
    properties = {
        "data": {"anyOf": [data, {"const": end}]} if end else data,
        "event": {"type": "string", "description": "the data's `type`"},
        "id": {"type": "string", "description": "what `Last-Event-ID` takes"},
    }
    item = {"type": "object", "properties": properties, "required": ["data"]}
    return {"description": "server-sent events", "content": {"text/event-stream": {"itemSchema": item}}}
