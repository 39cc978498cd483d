"""Reference adapters beside the tiny random model's own, for tests: the same names and shapes, other weights."""

from pathlib import Path

from safetensors.torch import save_file

from deployments.controls import ADAPTER
from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import load_model, load_skeleton
from deployments.registry.names import reference_name
from deployments.registry.publish import publish
from deployments.registry.schemas import PublishedTrial
from deployments.registry.trial import publish_trial
from tests.ip_adapter import REFERENCES, adapter_tensors

NAME = reference_name("starter")


def write_reference(folder: Path, model_folder: Path, seed: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"ip-adapter-{seed}.safetensors"
    save_file(adapter_tensors(load_skeleton(model_folder).unet, "base", seed), path)
    return path


def publish_reference(registry: Path, model_folder: Path, seed: int, trial: PublishedTrial | None = None) -> str:
    """The id of the new version."""
    path = write_reference(registry.parent / "references", model_folder, seed)
    return publish(registry, path, NAME, model_folder, trial=trial)


def equipped_with(model_folder: Path, file: Path | None = None, name: str = ADAPTER) -> Equipment:
    """By default with the model's own."""
    equipment = equip(load_model(model_folder), 8)
    file = file or model_folder / REFERENCES.adapter
    equipment.load_reference_adapter(name, file, model_folder / REFERENCES.encoder)
    return equipment


def trial_of(folder: Path, model_folder: Path, seed: int) -> PublishedTrial:
    """As a publisher with an engine of its own draws it."""
    equipment = equipped_with(model_folder, write_reference(folder, model_folder, seed), "mine")
    return publish_trial(equipment, "mine", "", "float32", "reference")
