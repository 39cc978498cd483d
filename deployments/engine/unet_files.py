"""A whole UNet's file becomes a module: checked like any foreign file, against the files of the base model's UNet."""

from pathlib import Path

import torch
from diffusers import UNet2DConditionModel

from deployments.engine.weight_files import UNET, read_tensors, shapes_of
from deployments.errors import ModelFolderError


def base_files(model_folder: Path) -> list[Path]:
    """Of its UNet, those that `load_model` reads. Raises ModelFolderError where there are none."""
    folder = model_folder / "unet"
    files = sorted(folder.glob("*.fp16*.safetensors")) or sorted(folder.glob("*.safetensors"))
    if not files:
        raise ModelFolderError(f"the model folder {model_folder} has no UNet in safetensors")
    return files


def read_unet(path: Path, like: UNet2DConditionModel) -> UNet2DConditionModel:
    """In that one's architecture, on the CPU in the file's type. Raises InvalidRequest with the reason, or OSError."""
    with torch.device("meta"):
        unet: UNet2DConditionModel = UNet2DConditionModel.from_config(like.config)
    unet.load_state_dict(read_tensors(path, shapes_of(unet), UNET), strict=True, assign=True)
    return unet.eval()
