"""What generations cost, as callers are told."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serve_app.generation_schemas import GenerationError


class Quote(BaseModel):
    """What a generation would cost and how long it would take, were it sent now."""

    object: Literal["image.quote"] = "image.quote"
    device_s: float | None = Field(description="of the device; absent until such work has been measured")
    wait_s: float | None = Field(description="for what is drawn before; absent likewise")
    refusal: GenerationError | None = Field(description="why it would not be accepted")


class UsageQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(30, ge=1, le=366, description="today, in UTC, and those before")
    of: Literal["key", "user"] = Field("key", description="the calling key's alone, or all keys' of its user")


class DayUsage(BaseModel):
    day: str = Field(description="YYYY-MM-DD in UTC, of acceptance")
    model: str
    requests: int
    images: int = Field(description="asked for")
    device_s: float = Field(description="taken; of what is under way, expected")


class UsageList(BaseModel):
    object: Literal["list"] = "list"
    data: list[DayUsage] = Field(description="the newest day first")
