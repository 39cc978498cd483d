"""What callers say of a style, and see of it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.specs import Sampler
from serve_app.adapters.body import Adapters
from serve_app.controls.schemas import MAX_STYLE_CHARS, MAX_STYLE_IMAGES, STYLE_STRENGTH, Heard, StyleImage
from serve_app.files.schemas import FileId
from serve_app.schemas import MAX_PROMPT_CHARS, Body, Visible

MAX_WORDS_CHARS = 500


class StyleFields(Body):
    """What a style says; each field as in a generation, and absent where it says nothing."""

    name: Visible = Field(max_length=100)
    kind: Literal["icon", "splash", "any"] = Field("any", description="what it is meant for; a hint, no limit")
    prompt_prefix: str = Field("", max_length=MAX_WORDS_CHARS, description="words before each prompt")
    prompt_suffix: str = Field("", max_length=MAX_WORDS_CHARS, description="words after each prompt and a comma")
    negative_prompt: str | None = Field(None, max_length=MAX_PROMPT_CHARS)
    num_inference_steps: int | None = Field(None, ge=1, le=100)
    guidance_scale: float | None = Field(None, ge=1, le=30)
    sampler: Sampler | None = None
    style_strength: float | None = Field(
        None, ge=0, le=1, description=f"of its style images together; absent: {STYLE_STRENGTH}"
    )
    lora: Adapters = Field([])


class StyleParts(StyleFields):
    style_images: list[StyleImage] = Field([])


class StyleReference(Heard):
    """An image whose look is taken on: a file of the caller's, or an image that was drawn, kept as a file from now."""

    file_id: FileId | None = None
    generation_id: str | None = Field(None, min_length=1, max_length=64)
    index: int = Field(0, ge=0, lt=2**31, description="which image of the generation")


class StyleBody(StyleFields):
    style_images: list[StyleReference] = Field([], max_length=MAX_STYLE_IMAGES)


class Style(StyleParts):
    id: str
    object: Literal["style"] = "style"
    version: int = Field(description="`ID@VERSION` asks for this one")
    is_preset: bool = Field(description="true: comes with the service, is everybody's, and nobody changes it")
    created_at: int | None = Field(description="Unix time in seconds, of this version; absent for a preset")


class StyleListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: str | None = Field(None, max_length=MAX_STYLE_CHARS, description="`last_id` of the page before")


class StyleList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Style] = Field(description="the user's own, the newest first; then the presets")
    has_more: bool
    last_id: str | None = Field(description="what `after` takes, for the next page")
