"""Generations as HTTP callers get them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.schemas import OutputFormat, Priority
from deployments.specs import Kind
from serve_app.controls.asked import Asked
from serve_app.jobs.job import Status
from serve_app.webhooks.schemas import WebhookState


class GenerationImage(BaseModel):
    index: int
    seed: int
    url: str = Field(description="fetched with the same API key")
    thumbnail_url: str = Field(description="WebP of at most 256 pixels a side, likewise")
    sha256: str


class GenerationError(BaseModel):
    message: str
    code: str


class GenerationStyle(BaseModel):
    id: str = Field(description="`ID@VERSION`, to be asked for again as it was; it may have been deleted since")
    name: str
    prompt: str = Field(description="what is drawn: the generation's prompt within the style's words")


class Generation(BaseModel):
    id: str
    object: Literal["image.generation"] = "image.generation"
    status: Status
    model: Kind
    model_version: str | None = Field(description="absent until it is completed")
    adapters: list[str] = Field(
        description="`NAME@VERSION` of each `lora`; then of what heard the style images, unless it is the model's own"
    )
    cached: bool = Field(False, description="true: this answers a request, and was drawn for an earlier one")
    created_at: int = Field(description="Unix time in seconds, as all moments here")
    started_at: int | None
    completed_at: int | None = Field(description="when it ended, however")
    progress: float = Field(description="0 to 1, of the steps of all images")
    queue_position: int | None = Field(description="1: the next; absent when it does not wait")
    eta_s: float | None = Field(description="until it is drawn; absent when it does not wait or nothing was measured")
    priority: Priority
    deadline_at: int | None = Field(description="what has not been begun by then expires")
    prompt: str
    negative_prompt: str | None
    style: GenerationStyle | None
    size: str
    num_inference_steps: int
    guidance_scale: float
    seeds: list[int]
    output_format: OutputFormat
    controls: Asked
    images: list[GenerationImage] = Field(description="those that are finished")
    error: GenerationError | None
    webhook: WebhookState | None = Field(description="of the address that is told of its end; absent without one")


class GenerationListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(None, max_length=64, description="`last_id` of the page before")
    model: Kind | None = None
    status: Status | None = None


class GenerationList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Generation] = Field(description="the newest first")
    has_more: bool
    last_id: str | None = Field(description="what `after` takes, for the next page")
