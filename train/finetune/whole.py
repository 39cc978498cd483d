"""The whole UNet learns: all of its weights, written as the base model's own file is, in its types."""

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel

from deployments.engine.unet_files import base_files
from deployments.engine.weight_files import UNET, layout_of
from train.finetune.adapter import write_file
from train.finetune.recipes import StyleRecipe

_TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def free(unet: UNet2DConditionModel, recipe: StyleRecipe) -> None:
    unet.requires_grad_(True)
    if recipe.saves_memory:
        unet.enable_gradient_checkpointing()


def write_unet(path: Path, weights: Mapping[str, torch.Tensor], model_folder: Path, words: Mapping[str, str]) -> None:
    """`weights` by the names of a checkpoint's parameters, `unet.NAME`."""
    layout = layout_of(base_files(model_folder), UNET)
    tensors = {name: weights[f"unet.{name}"].to(_TYPES[dtype]) for name, (dtype, _) in layout.items()}
    write_file(path, tensors, words)
