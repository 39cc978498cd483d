"""A run that the gateway asks for: told in a file, reported in files, so that whoever looks may have been restarted."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from deployments.errors import EmblemError
from deployments.training import CHECKPOINTS, PROGRESS, RESULT, TrainingResult, TrainingSpec
from train.data.prepare import Wording
from train.finetune.card import ModelCard
from train.finetune.examine import examine, publish_style
from train.finetune.learn import learn
from train.finetune.on_ray import train_style_on_ray
from train.finetune.style import KeptInPlace, StyleJob
from train.tracker import ProgressFile

logger = logging.getLogger(__name__)

ADAPTER = "adapter.safetensors"


class Told(KeptInPlace):
    """Checkpoints stay where they are, and are told of."""

    def __init__(self, path: Path) -> None:
        self._file = ProgressFile(path)

    def keep(self, checkpoint: Path, step: int, metrics: Mapping[str, float]) -> None:
        del checkpoint
        self._file.log(step, metrics)


def run_spec(path: Path, should_stop: Callable[[], bool]) -> TrainingResult:
    """Goes on where a run of the same file was left. The result is in the folder when this returns, however it went."""
    spec = TrainingSpec.model_validate_json(path.read_text())
    try:
        result = _run(spec, should_stop)
    except EmblemError as error:
        result = TrainingResult(outcome="failed", code=error.code, message=error.message)
    except Exception as error:  # told once, and not tried again: Ray Train has by then
        logger.exception("the run has failed")
        result = TrainingResult(
            outcome="failed", code="training_failed", message=f"{type(error).__name__}; the log has it"
        )
    _write(Path(spec.folder) / RESULT, result)
    return result


def job_of(spec: TrainingSpec) -> StyleJob:
    folder, chosen = Path(spec.folder), spec.hyperparameters
    return StyleJob(
        data=spec.data, model=spec.model, out=str(folder / ADAPTER), work=str(folder), recipe=spec.recipe,
        trigger=spec.trigger, template=Wording.template, title=spec.title, license=spec.license,
        class_prompt=spec.class_prompt,
        num_steps=chosen.num_steps, rank=chosen.rank, learning_rate=chosen.learning_rate, optimizer=chosen.optimizer,
        seed=chosen.seed,
    )  # fmt: skip


def _run(spec: TrainingSpec, should_stop: Callable[[], bool]) -> TrainingResult:
    job, folder = job_of(spec), Path(spec.folder)
    if spec.on_ray:
        train_style_on_ray(job, spec.evaluation, Path(spec.registry), spec.title)
    else:
        outcome = learn(job, ProgressFile(folder / PROGRESS), should_stop, Told(folder / CHECKPOINTS))
        if not outcome.is_done:
            return TrainingResult(outcome="stopped", step=outcome.step)
        examine(job, spec.evaluation, Path(spec.registry), spec.title)
    version = publish_style(job, Path(spec.registry), spec.title)
    card = ModelCard.model_validate_json((folder / ADAPTER).with_suffix(".json").read_text())
    return TrainingResult(
        outcome="succeeded", step=card.steps, adapter=ADAPTER, version=version, metrics=card.metrics
    )  # fmt: skip


def _write(path: Path, result: TrainingResult) -> None:
    """Whole or not at all: it is read as soon as it is there."""
    partial = path.with_name(f".{path.name}")
    with partial.open("w") as file:
        file.write(result.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
