"""Fine-tuning jobs, events and checkpoints as HTTP callers see them."""

import json
from typing import Literal

from deployments.training import TRAINING_RECIPES
from serve_app.fine_tuning import schemas
from serve_app.fine_tuning.job import PAUSING, RUNNING, Promotion, TrainingError, TrainingRequest
from serve_app.fine_tuning.tables import FineTuningEvent, FineTuningJob


def show(row: FineTuningJob) -> schemas.FineTuningJob:
    request = TrainingRequest.model_validate_json(row.request)
    error = row.error and TrainingError.model_validate_json(row.error)
    recipe, chosen = TRAINING_RECIPES[request.recipe], request.hyperparameters
    num_steps = chosen.num_steps or recipe.num_steps
    return schemas.FineTuningJob(
        id=row.id,
        status=RUNNING if row.status == PAUSING else row.status,
        model=recipe.profile,
        fine_tuned_model=row.fine_tuned_model,
        created_at=int(row.created_at.timestamp()),
        started_at=row.started_at and int(row.started_at.timestamp()),
        finished_at=row.finished_at and int(row.finished_at.timestamp()),
        progress=1.0 if row.status == "succeeded" else min(1.0, row.step / num_steps),
        training_file=row.file_id,
        suffix=request.suffix,
        trigger=request.trigger,
        class_prompt=request.class_prompt,
        recipe=request.recipe,
        hyperparameters=schemas.Hyperparameters(
            steps=num_steps, rank=chosen.rank, learning_rate=chosen.learning_rate, optimizer=chosen.optimizer or "adamw"
        ),
        seed=chosen.seed,
        license=request.license,
        promotion=_promotion(row),
        error=schemas.FineTuningError(**error.model_dump()) if error else None,
    )  # fmt: skip


def _promotion(row: FineTuningJob) -> schemas.PromotionOfJob | None:
    if row.promotion is None:
        return None
    told = Promotion.model_validate_json(row.promotion)
    status: Literal["promoted", "refused"] = "refused" if told.code else "promoted"
    return schemas.PromotionOfJob(status=status, code=told.code or None, message=told.message or None)


def show_event(row: FineTuningEvent) -> schemas.FineTuningEvent:
    return schemas.FineTuningEvent(
        id=f"{row.job_id}:{row.seq}", created_at=int(row.created_at.timestamp()), level=row.level,
        message=row.message, type=row.type, data=None if row.data is None else json.loads(row.data),
    )  # fmt: skip


def show_checkpoint(row: FineTuningEvent) -> schemas.FineTuningCheckpoint:
    metrics: dict[str, float] = json.loads(row.data or "{}")
    return schemas.FineTuningCheckpoint(
        id=f"{row.job_id}:{row.seq}", created_at=int(row.created_at.timestamp()), fine_tuning_job_id=row.job_id,
        step_number=int(metrics.pop("step")), metrics=metrics,
    )  # fmt: skip
