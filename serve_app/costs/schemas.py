"""What generations cost, as callers are told."""

from typing import Literal

from pydantic import BaseModel, Field

from serve_app.schemas import GenerationError


class Quote(BaseModel):
    """What a generation would cost and how long it would take, were it sent now."""

    object: Literal["image.quote"] = "image.quote"
    device_s: float | None = Field(description="of the device; absent until such work has been measured")
    wait_s: float | None = Field(description="for what is drawn before; absent likewise")
    refusal: GenerationError | None = Field(description="why it would not be accepted")
