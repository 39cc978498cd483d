"""Where jobs are trained, and how many at once."""

from dataclasses import dataclass
from pathlib import Path

from deployments.specs import ProfileSpec
from deployments.training import TRAINING_RECIPES, TrainingSpec
from serve_app.fine_tuning.folder import JobFolder
from serve_app.fine_tuning.job import TrainingRequest

MAX_RUNNING = 1
POLL_S = 2.0  # between looks at a run
MAX_ATTEMPTS = 3  # runs of a job that die; what fails with an error of its own is not tried again


@dataclass(frozen=True)
class Workplace:
    folder: Path  # of all jobs, seen by every node
    models_dir: Path
    registry_dir: Path  # where what they make becomes a candidate
    profile: ProfileSpec
    max_running: int = MAX_RUNNING
    poll_s: float = POLL_S

    @property
    def target_px(self) -> int:
        """The side that pictures are drawn at."""
        return self.profile.kinds["icon"].sizes[0].width_px

    def folder_of(self, job_id: str) -> JobFolder:
        return JobFolder(self.folder / job_id)

    def spec(self, job_id: str, request: TrainingRequest, on_ray: bool) -> TrainingSpec:
        folder = self.folder_of(job_id)
        return TrainingSpec(
            data=str(folder.data), model=str(self.models_dir / self.profile.name), folder=str(folder.path),
            recipe=request.recipe, hyperparameters=request.hyperparameters, trigger=request.trigger,
            class_prompt=request.class_prompt, title=request.suffix, license=request.license,
            registry=str(self.registry_dir), on_ray=on_ray, evaluation=TRAINING_RECIPES[request.recipe].evaluation,
        )  # fmt: skip
