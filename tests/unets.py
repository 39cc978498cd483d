"""Whole UNets beside the tiny random model's own, for tests: the same names and shapes, other weights."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.unet_files import read_unet
from deployments.registry.publish import publish
from deployments.registry.schemas import PublishedTrial
from deployments.registry.trial import publish_trial


def own_weights(model_folder: Path) -> dict[str, torch.Tensor]:
    """Of the model folder's UNet, by name."""
    return {
        name: tensor for path in model_folder.glob("unet/*.safetensors") for name, tensor in load_file(path).items()
    }


def write_unet(folder: Path, model_folder: Path, seed: int) -> Path:
    """The model's own, moved far enough for another picture."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: tensor + 0.3 * tensor.std(correction=0) * torch.randn(tensor.shape, generator=generator).to(tensor.dtype)
        for name, tensor in own_weights(model_folder).items()
    }
    path = folder / f"unet-{seed}.safetensors"
    save_file(weights, path)
    return path


def publish_unet(registry: Path, model_folder: Path, seed: int, trial: PublishedTrial | None = None) -> str:
    """The id of the new version."""
    path = write_unet(registry.parent / "unets", model_folder, seed)
    return publish(registry, path, "starter", model_folder, trial=trial)


def trial_of(folder: Path, model_folder: Path, seed: int) -> PublishedTrial:
    """As a publisher with an engine of its own draws it."""
    equipment = equip(load_model(model_folder), 8)
    equipment.unets["mine"] = equipment.ready(read_unet(write_unet(folder, model_folder, seed), equipment.model.unet))
    return publish_trial(equipment, "mine", "", "float32", "unet")
