"""The same run inside Ray Train: a worker that dies is started anew and goes on from the last checkpoint kept."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ray.train
import torch
from accelerate import PartialState
from ray.train import Checkpoint, CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

from deployments.training import CHECKPOINTS, PROGRESS, EvaluationPlan
from train.finetune.encode_on_ray import encode_on_ray
from train.finetune.examine import examine
from train.finetune.learn import learn
from train.finetune.style import CHECKPOINT, StyleJob
from train.tracker import ProgressFile

MAX_FAILURES = 3  # of workers, in one run


class KeptByRay:
    """In the run's storage, which every node reaches."""

    def __init__(self, told: ProgressFile) -> None:
        self._told = told

    def restore(self, checkpoint: Path) -> None:
        kept = ray.train.get_checkpoint()
        if kept is not None:
            checkpoint.parent.mkdir(parents=True, exist_ok=True)
            with kept.as_directory() as folder:
                shutil.copyfile(Path(folder) / CHECKPOINT, checkpoint)

    def keep(self, checkpoint: Path, step: int, metrics: Mapping[str, float]) -> None:
        """Ray wants a report of every worker, and the checkpoint once."""
        is_first = ray.train.get_context().get_world_rank() == 0
        kept = Checkpoint.from_directory(checkpoint.parent) if is_first else None
        ray.train.report({"step": step, **metrics}, kept)
        if is_first:
            self._told.log(step, metrics)


def train_style_on_ray(job: StyleJob, evaluation: EvaluationPlan, registry: Path, name: str) -> None:
    """Blocks until the files are written and examined; the same job goes on with what is kept of it.

    Raises what Ray raises.
    """
    told = json.dumps(dataclasses.asdict(job))
    trainer = TorchTrainer(
        _work,
        train_loop_config={
            "job": dataclasses.asdict(job),
            "evaluation": evaluation.model_dump(),
            "registry": str(registry.resolve()),
            "name": name,
        },
        scaling_config=ScalingConfig(num_workers=job.num_workers, use_gpu=job.complete_recipe().needs_gpu),
        run_config=RunConfig(
            name=f"style-{hashlib.sha256(told.encode()).hexdigest()[:16]}",
            storage_path=str(Path(job.work) / "ray"),
            failure_config=FailureConfig(MAX_FAILURES, controller_failure_limit=MAX_FAILURES),  # type: ignore[call-arg]
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
        torch_config=TorchConfig(timeout_s=120),
    )
    encode_on_ray(job)
    trainer.fit()


def _work(config: dict[str, Any]) -> None:
    job = StyleJob(**config["job"])
    work = Path(job.work)
    if job.num_workers > 1:
        PartialState(cpu=not torch.cuda.is_available())  # accelerate overlooks a group of CPUs unless it is told
    learn(job, ProgressFile(work / PROGRESS), lambda: False, KeptByRay(ProgressFile(work / CHECKPOINTS)))
    if PartialState().is_main_process:
        examine(job, EvaluationPlan(**config["evaluation"]), Path(config["registry"]), config["name"])
