"""Fine-tuning as HTTP callers see it: OpenAI's names, and ours where a style needs more."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.schemas import MAX_SEED
from deployments.training import OptimizerName
from serve_app.files.schemas import FileId
from serve_app.fine_tuning.job import EventType, Level
from serve_app.schemas import Body

MAX_STEPS = 20_000
MAX_RANK = 256
MAX_LEARNING_RATE = 0.1

# `pausing` is inside: its run has its place until it has stopped, and so it is `running`.
JobStatus = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]

# What a database can be asked for: PostgreSQL knows no NUL in a text.
JobId = Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]+$")]
EventId = Annotated[str, Field(max_length=80, pattern=r"^[\x21-\x7e]+$")]
Suffix = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")]
ClassPrompt = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Trigger = Annotated[str, Field(max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class HyperparametersBody(Body):
    """What is absent is the recipe's own."""

    steps: int | None = Field(None, ge=1, le=MAX_STEPS)
    rank: int | None = Field(None, ge=1, le=MAX_RANK, description="at most what the profile's engine holds")
    learning_rate: float | None = Field(None, gt=0, le=MAX_LEARNING_RATE, description="of `adamw`")
    optimizer: OptimizerName | None = Field(None, description="`adamw`, or `prodigy`, which finds its own rate")


class FineTuningBody(Body):
    training_file: FileId = Field(description="a file whose purpose is `dataset`")
    model: str | None = Field(None, max_length=64, description="the profile's name, which is the default")
    method: Literal["style"] = "style"
    suffix: Suffix = Field(
        "style", description="what the style is called, also in the model's id; a whole UNet has its model's name there"
    )
    trigger: Trigger = Field("emblemstyle", description="the word that calls the style in a prompt")
    class_prompt: ClassPrompt = Field(
        "", description="what an object is one of, such as `rocket icon`; absent: captions"
    )
    recipe: str | None = Field(None, max_length=40, description="absent: the profile's")
    hyperparameters: HyperparametersBody = HyperparametersBody()
    seed: int | None = Field(None, ge=0, le=MAX_SEED)
    license: str = Field("", max_length=200, description="of the adapter")
    promote: bool = Field(False, description="make it live, if its gates hold; needs the scope `admin`")


class FineTuningError(BaseModel):
    code: str
    message: str
    param: str | None


class PromotionOfJob(BaseModel):
    status: Literal["promoted", "refused"]
    code: str | None = Field(description="of what refused it, such as `gates_not_held`")
    message: str | None


class Hyperparameters(BaseModel):
    steps: int
    rank: int | None = Field(description="absent: the recipe's own, as the next one")
    learning_rate: float | None
    optimizer: OptimizerName


class FineTuningJob(BaseModel):
    id: str
    object: Literal["fine_tuning.job"] = "fine_tuning.job"
    status: JobStatus
    model: str = Field(description="that learns")
    fine_tuned_model: str | None = Field(description="the version that it became; absent until it has succeeded")
    created_at: int = Field(description="Unix time in seconds, as all moments here")
    started_at: int | None
    finished_at: int | None
    progress: float = Field(description="0 to 1, of the steps")
    training_file: str
    method: Literal["style"] = "style"
    suffix: str
    trigger: str
    class_prompt: str = Field(description="empty where the captions are it, or the recipe has no use for one")
    recipe: str
    hyperparameters: Hyperparameters
    seed: int | None
    license: str
    error: FineTuningError | None
    promotion: PromotionOfJob | None = Field(description="absent unless `promote` was said and it has succeeded")


class FineTuningJobListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: JobId | None = Field(None, description="`last_id` of the page before")


class FineTuningJobList(BaseModel):
    object: Literal["list"] = "list"
    data: list[FineTuningJob] = Field(description="the newest first")
    has_more: bool
    last_id: str | None = Field(description="what `after` takes, for the next page")


class FineTuningEvent(BaseModel):
    id: str = Field(description="what `Last-Event-ID` takes")
    object: Literal["fine_tuning.job.event"] = "fine_tuning.job.event"
    created_at: int
    level: Level
    message: str
    type: EventType
    data: dict[str, float] | None = Field(description="what was measured; of `metrics` and `checkpoint` `step` too")


class FineTuningEventListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: EventId | None = Field(None, description="`last_id` of the page before")
    stream: bool = Field(False, description="as server-sent events, from the first on; as `Accept: text/event-stream`")


class FineTuningEventList(BaseModel):
    object: Literal["list"] = "list"
    data: list[FineTuningEvent] = Field(description="the newest first")
    has_more: bool
    last_id: str | None


class FineTuningCheckpoint(BaseModel):
    id: str
    object: Literal["fine_tuning.job.checkpoint"] = "fine_tuning.job.checkpoint"
    created_at: int
    fine_tuning_job_id: str
    step_number: int
    metrics: dict[str, float]


class FineTuningCheckpointListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100)
    after: EventId | None = Field(None, description="`last_id` of the page before")


class FineTuningCheckpointList(BaseModel):
    object: Literal["list"] = "list"
    data: list[FineTuningCheckpoint] = Field(description="the newest first, from which a stopped run goes on")
    has_more: bool
    last_id: str | None
