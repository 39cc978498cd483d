"""A run's whole state in one safetensors file: weights, optimizer, averaged weights; its step in the header."""

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
            tensors[f"optimizer.{key}.{name}"] = torch.as_tensor(value)
    header = {"step": str(step)} | ({"optimizer": json.dumps(found)} if (found := _found(optimizer)) else {})
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    # safetensors stores row-major tensors; convolutions may lie channels-last
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, partial, header)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def read_checkpoint(
    path: Path, parameters: Mapping[str, torch.Tensor], optimizer: torch.optim.Optimizer, ema: EMAModel
) -> int:
    """Fills all in place; returns the number of steps done."""
    with safe_open(path, "pt") as file:
        step = int(file.metadata()["step"])
        for group in optimizer.param_groups:
            group.update(json.loads(file.metadata().get("optimizer", "{}")))
        moments = _moments(file.keys())
        with torch.no_grad():
            for index, (name, weight) in enumerate(parameters.items()):
                weight.copy_(file.get_tensor(f"model.{name}"))
                ema.shadow_params[index].copy_(file.get_tensor(f"ema.{name}"))
                if name in moments:  # a parameter that has had no gradient yet has no state
                    tensors = {key: file.get_tensor(f"optimizer.{key}.{name}") for key in moments[name]}
                    optimizer.state[weight] = {key: _laid_out(tensor, weight) for key, tensor in tensors.items()}
    ema.optimization_step = step
    return step


def _found(optimizer: torch.optim.Optimizer) -> dict[str, float]:
    """What an optimizer has found out on its way, such as a rate of its own; the loop sets `lr` itself."""
    group = {key: value for key, value in optimizer.param_groups[0].items() if key not in ("params", "lr")}
    return {
        key: value
        for key, value in group.items()
        if isinstance(value, int | float) and value != optimizer.defaults.get(key)
    }


def _moments(keys: Iterable[str]) -> dict[str, list[str]]:
    """By parameter name, what the optimizer holds of it."""
    moments = defaultdict(list)
    for key in keys:
        if key.startswith("optimizer."):
            _, moment, name = key.split(".", 2)
            moments[name].append(moment)
    return moments


def _laid_out(tensor: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """As the weight lies in memory, where it is of its shape."""
    return torch.empty_like(weight).copy_(tensor) if tensor.shape == weight.shape else tensor


def read_average(path: Path) -> dict[str, torch.Tensor]:
    """The averaged weights by parameter name."""
    with safe_open(path, "pt") as file:
        return {key.removeprefix("ema."): file.get_tensor(key) for key in file.keys() if key.startswith("ema.")}
