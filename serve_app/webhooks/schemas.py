"""Webhooks as HTTP callers see them, and what is sent to them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WebhookStatus = Literal["waiting", "delivered", "failed"]


class WebhookState(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    status: WebhookStatus = Field(description="waiting: for the generation's end, or for another try")
    num_tries: int
    error: str | None = Field(description="of the last try")


class WebhookSecret(BaseModel):
    secret: str = Field(description="`whsec_…`, of the API key that asks: what signs the webhooks of its generations")


class EndedGeneration(BaseModel):
    id: str
    status: Literal["completed", "failed", "cancelled", "expired"]


class WebhookEvent(BaseModel):
    """The body of a webhook; what came of the generation is read with the API key."""

    id: str
    object: Literal["event"] = "event"
    created_at: int = Field(description="Unix time in seconds: when it ended")
    type: Literal["generation.completed", "generation.failed", "generation.cancelled", "generation.expired"]
    data: EndedGeneration
