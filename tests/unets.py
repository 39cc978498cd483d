"""Whole UNets beside the tiny random model's own, for tests: the same names and shapes, other weights."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file


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
