"""Trainings of seconds, run as the gateway has them run, in this process."""

from dataclasses import dataclass
from pathlib import Path

from deployments.training import RESULT, TRAINING_RECIPES, Hyperparameters, TrainingResult, TrainingSpec
from tests.style_pictures import write_discs
from train.finetune.run import run_spec


@dataclass(frozen=True)
class Trained:
    spec: TrainingSpec
    version: str


def run_training(
    folder: Path, model: Path, registry: Path, name: str = "house", seed: int = 0, recipe: str = "tiny"
) -> Trained:
    """With an adapter that is strong enough to be seen."""
    run, learning_rate = folder / f"run-{seed}", 0.05 if recipe == "tiny" else None
    run.mkdir()
    spec = TrainingSpec(
        data=str(write_discs(folder / "discs")), model=str(model), folder=str(run), recipe=recipe, trigger="stkr",
        hyperparameters=Hyperparameters(num_steps=12, learning_rate=learning_rate, seed=seed), title=name,
        license="CC0-1.0", registry=str(registry), on_ray=False, evaluation=TRAINING_RECIPES["tiny"].evaluation,
    )  # fmt: skip
    (run / "spec.json").write_text(spec.model_dump_json())
    result = run_spec(run / "spec.json", lambda: False)
    assert result.outcome == "succeeded", result
    assert TrainingResult.model_validate_json((run / RESULT).read_text()) == result
    return Trained(spec, result.version)
