"""A trained adapter as it will be served: drawn with by the serving engine, before it is published."""

from pathlib import Path

import torch
from accelerate import PartialState

from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import load_model
from deployments.model_folder import read_manifest
from deployments.registry.publish import publish
from deployments.registry.schemas import PublishedTrial
from deployments.registry.trial import publish_trial
from deployments.specs import PROFILES, ProfileSpec
from train.finetune.style import StyleJob

TRAINED = "trained"  # the adapter's name in the engine


def examine(job: StyleJob) -> None:
    """Once its files are written; leaves beside them what replicas have to come to as well."""
    spec = PROFILES[read_manifest(Path(job.model)).name]
    equipment = equip_as_served(Path(job.model), spec)
    equipment.bank.add(equipment.read_lora(TRAINED, Path(job.out)))
    trial = publish_trial(equipment, TRAINED, job.trigger, spec.dtype)
    trial_path(job).write_text(trial.model_dump_json() + "\n")


def publish_style(job: StyleJob, registry: Path, name: str) -> str:
    """What was examined; returns its id, `NAME@VERSION`. Raises as `publish` does."""
    out, trial = Path(job.out), PublishedTrial.model_validate_json(trial_path(job).read_text())
    return publish(registry, out, name, Path(job.model), out.with_suffix(".json"), trial)


def trial_path(job: StyleJob) -> Path:
    return Path(job.out).with_suffix(".trial.json")


def equip_as_served(model_folder: Path, spec: ProfileSpec) -> Equipment:
    """On the device that trains; without a GPU in float32, whatever is served."""
    device = PartialState().device
    dtype = getattr(torch, spec.dtype) if device.type == "cuda" else torch.float32
    return equip(load_model(model_folder, str(device), dtype), spec.max_lora_rank)
