"""Two models of one architecture: one whose steps are mostly Python and launches, and one whose steps are arithmetic.

The second is the honest likeness of SDXL at 1024×1024 on a GPU, where a batch gains little per row.
"""

import shutil
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel

from deployments.model_folder import write_manifest
from train.random_model import make_random_model

WIDE_CHANNELS = (128, 256, 256)
WIDE_HEADS = (4, 8, 8)


def make_models(folder: Path) -> dict[str, Path]:
    narrow, wide = folder / "starter", folder / "wide"
    make_random_model(narrow)
    shutil.copytree(narrow, wide)
    config = dict(UNet2DConditionModel.load_config(narrow / "unet"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        unet = UNet2DConditionModel.from_config(
            config | {"block_out_channels": WIDE_CHANNELS, "attention_head_dim": WIDE_HEADS}
        )
    unet.save_pretrained(wide / "unet")
    write_manifest(wide, name="wide", weights="random", source="made by bench.models")
    return {"overhead-bound": narrow, "compute-bound": wide}
