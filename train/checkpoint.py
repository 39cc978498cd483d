"""A run's whole state in one safetensors file: weights, optimizer, averaged weights; its step in the header."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers.training_utils import EMAModel
from safetensors import safe_open
from safetensors.torch import save_file


def write_checkpoint(
    path: Path, step: int, parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer, ema: EMAModel
) -> None:
    """Whole or not at all: written beside and renamed."""
    tensors = {f"model.{name}": weight.detach() for name, weight in parameters.items()}
    for name, weight, average in zip(parameters, parameters.values(), ema.shadow_params, strict=True):
        tensors[f"ema.{name}"] = average
        for key, value in optimizer.state[weight].items():
            tensors[f"optimizer.{key}.{name}"] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    # safetensors stores row-major tensors; convolutions may lie channels-last
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, partial, {"step": str(step)})
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def read_checkpoint(
    path: Path, parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer, ema: EMAModel
) -> int:
    """Fills all in place; returns the number of steps done."""
    with safe_open(path, "pt") as file:
        step = int(file.metadata()["step"])
        keys = set(file.keys())
        with torch.no_grad():
            for index, (name, weight) in enumerate(parameters.items()):
                weight.copy_(file.get_tensor(f"model.{name}"))
                ema.shadow_params[index].copy_(file.get_tensor(f"ema.{name}"))
                if f"optimizer.step.{name}" in keys:  # a parameter that has had no gradient yet has no state
                    moments = ("exp_avg", "exp_avg_sq")
                    optimizer.state[weight] = {"step": file.get_tensor(f"optimizer.step.{name}")} | {
                        key: torch.empty_like(weight).copy_(file.get_tensor(f"optimizer.{key}.{name}"))
                        for key in moments
                    }
    ema.optimization_step = step
    return step


def read_average(path: Path) -> dict[str, torch.Tensor]:
    """The averaged weights by parameter name."""
    with safe_open(path, "pt") as file:
        return {key.removeprefix("ema."): file.get_tensor(key) for key in file.keys() if key.startswith("ema.")}
