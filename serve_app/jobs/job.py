"""What is said of a job inside the gateway: its states, what it failed with, and the name its caller gave it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deployments import errors
from deployments.schemas import GenerationRequest, Record
from deployments.specs import Kind
from serve_app.audit.act import Act
from serve_app.auth.limits import Limits

QUEUED: Literal["queued"] = "queued"
IN_PROGRESS: Literal["in_progress"] = "in_progress"
Outcome = Literal["completed", "failed", "cancelled", "expired"]
Status = Literal["queued", "in_progress", "completed", "failed", "cancelled", "expired"]
OUTCOMES: tuple[Outcome, ...] = ("completed", "failed", "cancelled", "expired")


class JobError(Record):
    """An error of ours as the database keeps it; what was unexpected is kept without its inside."""

    kind: str  # its class
    message: str
    code: str
    param: str | None = None

    @classmethod
    def of(cls, error: Exception) -> "JobError":
        if isinstance(error, errors.EmblemError):
            return cls(kind=type(error).__name__, message=error.message, code=error.code, param=error.param)
        return cls(
            kind="GenerationFailed", code="internal_error",
            message="an unexpected error; the log has it under this request id",
        )  # fmt: skip

    def as_exception(self) -> errors.EmblemError:
        kind: type[errors.EmblemError] = getattr(errors, self.kind)
        return kind(self.message, self.code, self.param) if self.param else kind(self.message, self.code)


@dataclass(frozen=True)
class Idempotency:
    route: str
    key: str
    fingerprint: str  # SHA-256 of the body


@dataclass(frozen=True)
class Submission:
    api_key_id: str
    user_id: str
    kind: Kind
    request: GenerationRequest
    is_patient: bool
    limits: Limits
    idempotency: Idempotency | None = None
    act: Act | None = None
    webhook_url: str | None = None  # to be told of its end
    fingerprint: str | None = None  # by which it may be answered with what was drawn before


@dataclass(frozen=True)
class Lease:
    """The right to have one attempt of a generation drawn, and to say what came of it."""

    generation_id: str
    kind: Kind
    request: GenerationRequest
    attempt: int
    worker: str
    is_patient: bool
    waited_since: datetime  # for this attempt
