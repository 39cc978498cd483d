"""The arguments of the graph: what `serve run … key=value` and `args:` in serve_config.yaml may say."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from serve_app.moderation.word_list import DEFAULT_WORDS

REDIS_VARIABLE = "EMBLEM_REDIS_URL"  # a secret: it may hold a password

# Ray starts workers in folders of its own choosing, so a relative path means the builder's folder, once and for all.
AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]


def default_data_dir() -> Path:
    return Path(os.environ.get("EMBLEM_DATA_DIR", "var")).absolute()


def _below_data_dir(template: str) -> Any:
    return Field(default_factory=lambda data: template.format(data_dir=data["data_dir"]), validate_default=True)


class AppArgs(BaseModel):
    """Paths and the profile. Scale and GPU shares live in `deployments:` of the YAML, secrets in the environment."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: Literal["starter", "sdxl"] = "starter"
    data_dir: AbsolutePath = Field(default_factory=default_data_dir)
    models_dir: AbsolutePath = _below_data_dir("{data_dir}/models")
    registry_dir: AbsolutePath = _below_data_dir("{data_dir}/registry")
    image_store_url: str = _below_data_dir("file://{data_dir}/images")
    training_dir: AbsolutePath = _below_data_dir("{data_dir}/fine_tuning")
    max_running_trainings: int = Field(1, ge=1, le=64, description="Of the whole cluster; others wait.")
    database_url: str = _below_data_dir("sqlite:///{data_dir}/emblem.db")
    public_url: str = Field("", description="What image URLs begin with; empty: the address that the client used.")
    generation_timeout_s: float = Field(300, gt=0, le=3600)
    idempotency_retention_h: float = Field(24, gt=0, description="How long an Idempotency-Key is remembered.")
    event_retention_h: float = Field(24, gt=0, description="How long the events of an ended generation are.")
    moderation_words_path: AbsolutePath = Field(DEFAULT_WORDS, description="What may not be drawn, or is marked.")
    webhooks_may_be_local: bool = Field(False, description="Plain HTTP and private addresses too: for tests alone.")
    generation_retention_days: float | None = Field(
        None, gt=0, description="How long ended generations and their images are kept; null: until they are deleted."
    )
    audit_retention_days: float = Field(365, gt=0, description="How long the audit log is kept.")
