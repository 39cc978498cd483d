"""The adapter: put into the UNet by peft, and written as diffusers reads it and as kohya's tools do.

A layer adds alpha / rank · (x · downᵀ) · upᵀ, down [r, in], up [out, r] (https://arxiv.org/abs/2106.09685).
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig
from safetensors.torch import save_file

from deployments.engine.lora_files import sgm_path
from train.finetune.recipes import StyleRecipe

ADAPTER = "style"
Matrices = dict[str, tuple[torch.Tensor, torch.Tensor]]  # by module path: down, up


def add_adapter(unet: UNet2DConditionModel, recipe: StyleRecipe) -> None:
    """Freezes the UNet and puts a new adapter into it, which at first does nothing; the seed is the recipe's."""
    unet.requires_grad_(False)
    torch.manual_seed(recipe.loop.seed)
    config = LoraConfig(
        r=recipe.rank, lora_alpha=recipe.alpha, init_lora_weights="gaussian", target_modules=_learning(unet, recipe)
    )
    unet.add_adapter(config, ADAPTER)


def _learning(unet: UNet2DConditionModel, recipe: StyleRecipe) -> list[str]:
    endings = tuple(f".{target}" for target in recipe.targets)
    return [name for name, _ in unet.named_modules() if name.startswith(recipe.blocks) and name.endswith(endings)]


def matrices_of(weights: Mapping[str, torch.Tensor], recipe: StyleRecipe) -> Matrices:
    """What is kept, by the names of a checkpoint's parameters, `unet.PATH.lora_A.style.weight` and `…lora_B…`."""
    ending = f".lora_A.{ADAPTER}.weight"
    paths = [name.removeprefix("unet.").removesuffix(ending) for name in weights if name.endswith(ending)]
    return {
        path: (
            weights[f"unet.{path}.lora_A.{ADAPTER}.weight"].half(),
            weights[f"unet.{path}.lora_B.{ADAPTER}.weight"].half(),
        )
        for path in sorted(paths)
        if path.startswith(recipe.kept_blocks)
    }


def write_diffusers(path: Path, matrices: Matrices, recipe: StyleRecipe, words: Mapping[str, str]) -> None:
    """diffusers takes alpha from the header, and where there is none from the rank, which would be another strength."""
    tensors = {}
    for module, (down, up) in matrices.items():
        tensors[f"unet.{module}.lora_A.weight"], tensors[f"unet.{module}.lora_B.weight"] = down, up
    config = {"unet.r": recipe.rank, "unet.lora_alpha": recipe.alpha, "unet.target_modules": sorted(matrices)}
    write_file(path, tensors, {**words, "lora_adapter_metadata": json.dumps(config)})


def write_kohya(
    path: Path, matrices: Matrices, recipe: StyleRecipe, words: Mapping[str, str], blocks_per_level: int
) -> None:
    """Names of Stability's own UNet, and an alpha beside each layer, which is where ComfyUI looks for it."""
    tensors = {}
    for module, (down, up) in matrices.items():
        key = f"lora_unet_{sgm_path(module, blocks_per_level).replace('.', '_')}"
        tensors[f"{key}.lora_down.weight"], tensors[f"{key}.lora_up.weight"] = down, up
        tensors[f"{key}.alpha"] = torch.tensor(float(recipe.alpha))
    numbers = {"ss_network_dim": str(recipe.rank), "ss_network_alpha": str(recipe.alpha)}
    kind = {"ss_network_module": "networks.lora", "ss_base_model_version": "sdxl_base_v1-0", "ss_v2": "False"}
    write_file(path, tensors, {**words, **kind, **numbers})


def write_file(path: Path, tensors: dict[str, torch.Tensor], header: Mapping[str, str]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial, dict(header))
    partial.replace(path)
