"""Two models of one architecture: one whose steps are mostly Python and launches, and one whose steps are arithmetic.

The second is the honest likeness of SDXL at 1024×1024 on a GPU, where a batch gains little per row. It has few layers
and large latents: its autoencoder shrinks by 2 and not by 8, so its UNet sees 16 times the positions. (Wide layers
on few positions would not do: there 16 rows took half the time of 8 calls with 2.)
"""

import shutil
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file

from bench.extras import NUM_LORAS, Extras, lora_names
from bench.trace import SIZES_PX
from deployments.engine.load import load_model
from deployments.model_folder import write_manifest
from tests.control import make_controlnet
from tests.ip_adapter import adapter_tensors, make_encoder
from tests.lora import random_matrices, write_peft
from tests.random_model import make_random_model

FINE_UNET = {"layers_per_block": 1, "transformer_layers_per_block": (1, 1, 1)}
FINE_VAE = {
    "down_block_types": ["DownEncoderBlock2D"] * 2, "up_block_types": ["UpDecoderBlock2D"] * 2,
    "block_out_channels": (32, 32),
}  # fmt: skip
LORA_RANK = 4  # all 16 fill the starter profile's 64 ranks


def make_models(folder: Path) -> dict[str, Path]:
    """Each with its extras beside it."""
    starter, fine = folder / "starter", folder / "fine"
    make_random_model(starter)
    shutil.copytree(starter, fine)
    for kind, name, changes in ((UNet2DConditionModel, "unet", FINE_UNET), (AutoencoderKL, "vae", FINE_VAE)):
        with torch.random.fork_rng():
            torch.manual_seed(0)
            kind.from_config(dict(kind.load_config(starter / name)) | changes).save_pretrained(fine / name)
    write_manifest(fine, name="fine", weights="random", source="made by bench.models")
    models = {"overhead-bound": starter, "compute-bound": fine}
    for model_dir in models.values():
        make_extras(model_dir)
    return models


def make_extras(model_dir: Path, num_loras: int = NUM_LORAS) -> Extras:
    extras = Extras.beside(model_dir)
    extras.folder.mkdir()
    model = load_model(model_dir)
    for seed, name in enumerate(lora_names(num_loras)):
        matrices = random_matrices(model, LORA_RANK, seed, only=".attn")
        write_peft(extras.folder / f"{name}.safetensors", {"unet": matrices})
    make_controlnet(extras.controlnet, model.unet, seed=1, pixels_per_latent=model.pixels_per_latent)
    make_encoder(extras.image_encoder)
    save_file(adapter_tensors(model.unet, "base"), extras.ip_adapter)
    return extras


def batch_gain(model_dir: Path, repeats: int = 7) -> dict[str, float]:
    """By kind of image: seconds of one UNet call with 16 rows / (8 × those of a call with 2).

    At 1 a batch gains nothing, at 1/8 all. Best of a few, in turn, on one thread.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model = load_model(model_dir)
    gains: dict[str, float] = {}
    for kind, (width_px, height_px) in SIZES_PX.items():
        size = (height_px // model.pixels_per_latent, width_px // model.pixels_per_latent)
        best_s = {2: float("inf"), 16: float("inf")}
        for _ in range(repeats):
            best_s = {rows: min(seconds, _call_s(model.unet, rows, size)) for rows, seconds in best_s.items()}
        gains[kind] = best_s[16] / (8 * best_s[2])
    torch.set_num_threads(threads)
    return gains


@torch.inference_mode()
def _call_s(unet: UNet2DConditionModel, num_rows: int, size: tuple[int, int]) -> float:
    config = unet.config
    pooled_width = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
    conditions = {"text_embeds": torch.randn(num_rows, pooled_width), "time_ids": torch.zeros(num_rows, 6)}
    latents_RCHW = torch.randn(num_rows, config.in_channels, *size)
    tokens_RKD = torch.randn(num_rows, 77, config.cross_attention_dim)
    started_s = time.perf_counter()
    unet(latents_RCHW, 500.0, encoder_hidden_states=tokens_RKD, added_cond_kwargs=conditions, return_dict=False)
    return time.perf_counter() - started_s
