"""What crosses from the gateway to a training run and back: files in the run's own folder, and no shell words.

The gateway writes `spec.json`; the run writes `progress.jsonl` and `checkpoints.jsonl` as it goes, `result.json` last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from deployments.schemas import Record

SPEC, PROGRESS, CHECKPOINTS, RESULT = "spec.json", "progress.jsonl", "checkpoints.jsonl", "result.json"


@dataclass(frozen=True)
class TrainingRecipe:
    """What the gateway has to know of a recipe of `train/finetune/recipes.py`, which it does not import."""

    profile: str  # whose model it is made for
    needs_gpu: bool
    num_steps: int


TRAINING_RECIPES: Mapping[str, TrainingRecipe] = {
    "starter": TrainingRecipe(profile="starter", needs_gpu=False, num_steps=500),
    "sdxl": TrainingRecipe(profile="sdxl", needs_gpu=True, num_steps=2_000),
    "sdxl-split": TrainingRecipe(profile="sdxl", needs_gpu=True, num_steps=1_000),
    "tiny": TrainingRecipe(profile="starter", needs_gpu=False, num_steps=40),
}


class Hyperparameters(Record):
    """Instead of the recipe's own; None: that."""

    num_steps: int | None = None
    rank: int | None = None
    learning_rate: float | None = None
    seed: int | None = None


class TrainingSpec(Record):
    """One run; all paths are absolute, and seen by every node."""

    data: str  # a zip archive
    model: str  # a model folder
    folder: str  # of the run: what it writes, and where the same run goes on
    recipe: str
    hyperparameters: Hyperparameters
    trigger: str
    title: str
    license: str
    registry: str  # that the adapter is published to, under its title
    on_ray: bool  # in Ray Train, on the cluster that it is a job of


class TrainingResult(Record):
    """How a run ended by itself. Without this file it has died, and may be begun again."""

    outcome: Literal["succeeded", "stopped", "failed"]
    step: int = 0
    adapter: str = ""  # the file's name in the run's folder; its card lies beside it
    version: str = ""  # `NAME@VERSION` in the registry
    code: str = ""
    message: str = ""


class DataSetReport(Record):
    """What `python -m train.data` says of a data set."""

    num_pictures: int = 0
    digest: str = ""
    findings: tuple[str, ...] = ()
    error: str = ""
