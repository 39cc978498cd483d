"""What crosses from the gateway to a training run and back: files in the run's own folder, and no shell words.

The gateway writes `spec.json`; the run writes `progress.jsonl` and `checkpoints.jsonl` as it goes, `result.json` last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from deployments.registry.gates import DEFAULT_GATES, Gate
from deployments.registry.names import VersionKind
from deployments.schemas import Record

SPEC, PROGRESS, CHECKPOINTS, RESULT = "spec.json", "progress.jsonl", "checkpoints.jsonl", "result.json"


OptimizerName = Literal["adamw", "prodigy"]


class EvaluationPlan(Record):
    """What a trained adapter is drawn with before it is published."""

    num_prompts: int = Field(ge=2, le=64)  # that the data set does not show
    num_seeds: int = Field(ge=1, le=16)  # of each
    num_steps: int = Field(ge=1, le=100)
    gates: tuple[Gate, ...] = DEFAULT_GATES  # on what is measured, before it may be live


@dataclass(frozen=True)
class TrainingRecipe:
    """What the gateway has to know of a recipe of `train/finetune/recipes.py`, which it does not import."""

    profile: str  # whose model it is made for
    needs_gpu: bool
    num_steps: int
    evaluation: EvaluationPlan
    has_class: bool = False  # learns an object beside its class, which a `class_prompt` may name
    learns: VersionKind = "lora"


TINY_EVALUATION = EvaluationPlan(num_prompts=2, num_seeds=2, num_steps=2)
STARTER_EVALUATION = EvaluationPlan(num_prompts=8, num_seeds=2, num_steps=10)
SDXL_EVALUATION = EvaluationPlan(num_prompts=16, num_seeds=4, num_steps=25)

TRAINING_RECIPES: Mapping[str, TrainingRecipe] = {
    "starter": TrainingRecipe("starter", needs_gpu=False, num_steps=400, evaluation=STARTER_EVALUATION),
    "starter-reference": TrainingRecipe(
        "starter", needs_gpu=False, num_steps=400, evaluation=STARTER_EVALUATION, learns="reference"
    ),
    "starter-full": TrainingRecipe(
        "starter", needs_gpu=False, num_steps=400, evaluation=STARTER_EVALUATION, learns="unet"
    ),
    "sdxl": TrainingRecipe("sdxl", needs_gpu=True, num_steps=2_000, evaluation=SDXL_EVALUATION),
    "sdxl-split": TrainingRecipe("sdxl", needs_gpu=True, num_steps=1_000, evaluation=SDXL_EVALUATION),
    "starter-object": TrainingRecipe(
        "starter", needs_gpu=False, num_steps=200, evaluation=STARTER_EVALUATION, has_class=True
    ),
    "sdxl-object": TrainingRecipe("sdxl", needs_gpu=True, num_steps=1_000, evaluation=SDXL_EVALUATION, has_class=True),
    "sdxl-full": TrainingRecipe("sdxl", needs_gpu=True, num_steps=2_000, evaluation=SDXL_EVALUATION, learns="unet"),
    "sdxl-reference": TrainingRecipe(
        "sdxl", needs_gpu=True, num_steps=20_000, evaluation=SDXL_EVALUATION, learns="reference"
    ),
    "tiny": TrainingRecipe("starter", needs_gpu=False, num_steps=40, evaluation=TINY_EVALUATION),
    "tiny-full": TrainingRecipe("starter", needs_gpu=False, num_steps=40, evaluation=TINY_EVALUATION, learns="unet"),
    "tiny-reference": TrainingRecipe(
        "starter", needs_gpu=False, num_steps=40, evaluation=TINY_EVALUATION, learns="reference"
    ),
}


class Hyperparameters(Record):
    """Instead of the recipe's own; None: that."""

    num_steps: int | None = None
    rank: int | None = None
    learning_rate: float | None = None
    optimizer: OptimizerName | None = None
    seed: int | None = None


class TrainingSpec(Record):
    """One run; all paths are absolute, and seen by every node."""

    data: str  # a zip archive
    model: str  # a model folder
    folder: str  # of the run: what it writes, and where the same run goes on
    recipe: str
    hyperparameters: Hyperparameters
    trigger: str
    class_prompt: str = ""
    title: str
    license: str
    registry: str  # that the adapter is published to, under its title
    evaluation: EvaluationPlan
    on_ray: bool  # in Ray Train, on the cluster that it is a job of


class TrainingResult(Record):
    """How a run ended by itself. Without this file it has died, and may be begun again."""

    outcome: Literal["succeeded", "stopped", "failed"]
    step: int = 0
    adapter: str = ""  # the file's name in the run's folder; its card lies beside it
    version: str = ""  # `NAME@VERSION` in the registry
    metrics: Mapping[str, float] = Field(default_factory=dict)  # of that version
    code: str = ""
    message: str = ""


class DataSetReport(Record):
    """What `python -m train.data` says of a data set."""

    num_pictures: int = 0
    digest: str = ""
    findings: tuple[str, ...] = ()
    error: str = ""
