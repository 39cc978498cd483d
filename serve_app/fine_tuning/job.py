"""What is said of a fine-tuning job inside the gateway."""

from dataclasses import dataclass
from typing import Literal

from deployments.schemas import Record
from deployments.training import Hyperparameters

VALIDATING: Literal["validating_files"] = "validating_files"
QUEUED: Literal["queued"] = "queued"
RUNNING: Literal["running"] = "running"
PAUSING: Literal["pausing"] = "pausing"  # its run is being stopped, and has its place as long
PAUSED: Literal["paused"] = "paused"
Outcome = Literal["succeeded", "failed", "cancelled"]
Status = Literal["validating_files", "queued", "running", "pausing", "paused", "succeeded", "failed", "cancelled"]
OUTCOMES: tuple[Outcome, ...] = ("succeeded", "failed", "cancelled")
HAS_A_RUN: tuple[Status, ...] = (RUNNING, PAUSING)
DRIVEN: tuple[Status, ...] = (VALIDATING, QUEUED, *HAS_A_RUN)
UNDER_WAY: tuple[Status, ...] = (*DRIVEN, PAUSED)
EventType = Literal["message", "metrics", "checkpoint"]
Level = Literal["info", "warn", "error"]


class TrainingRequest(Record):
    """Valid by the time it is made."""

    suffix: str
    trigger: str
    class_prompt: str = ""
    recipe: str
    hyperparameters: Hyperparameters
    license: str
    promote: bool = False  # once its gates hold


class TrainingError(Record):
    code: str
    message: str
    param: str | None = None


class TrainingFailed(Exception):
    """What ends the job as failed."""

    def __init__(self, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.error = TrainingError(code=code, message=message, param=param)


class Promotion(Record):
    """What came of promoting what a job has made; without `code` it is live."""

    code: str = ""
    message: str = ""


@dataclass(frozen=True)
class Lease:
    """The right to drive a job."""

    job_id: str
    worker: str


@dataclass(frozen=True)
class Told:
    """One line of a run's own reports."""

    step: int
    metrics: dict[str, float]


def run_id(job_id: str, attempt: int) -> str:
    """Ray refuses the same id twice: whoever submits a run that another has submitted begins nothing."""
    return f"{job_id}-{attempt}"
