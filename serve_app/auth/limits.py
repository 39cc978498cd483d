"""What a key may ask for. Absent: as much as it likes."""

from pydantic import BaseModel, ConfigDict, Field

from deployments.schemas import Priority

MOST = 1_000_000


class Limits(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)

    requests_per_minute: int | None = Field(None, ge=1, le=MOST, strict=True)
    images_per_minute: int | None = Field(None, ge=1, le=MOST, strict=True)
    concurrent_generations: int | None = Field(None, ge=1, le=MOST, strict=True)
    device_s_per_day: int | None = Field(None, ge=1, le=MOST, strict=True, description="of the last 24 hours")
    highest_priority: Priority | None = Field(None, description="batch: never interactive; absent: any")
