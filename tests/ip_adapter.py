"""A tiny CLIP vision encoder and IP-Adapter files for it and the tiny UNet: the published layout, random weights."""

import shutil
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

from deployments.engine.load import load_model
from deployments.model_folder import write_manifest
from deployments.specs import PROFILES

REFERENCES = PROFILES["starter"].references
PATCH_WIDTH, EMBEDDING_WIDTH, TEXT_WIDTH = 48, 40, 64


def with_adapter(models_dir: Path, folder: Path, kind: str = "base") -> Path:
    """A copy of the tiny model that has an IP-Adapter."""
    shutil.copytree(models_dir / "starter", folder)
    make_encoder(folder / REFERENCES.encoder)
    file = folder / REFERENCES.adapter
    file.parent.mkdir()
    save_file(adapter_tensors(load_model(folder).unet, kind), file)
    write_manifest(folder, name="starter", weights="random", source="a test's")
    return folder


def make_encoder(folder: Path) -> None:
    config = CLIPVisionConfig(
        hidden_size=PATCH_WIDTH, intermediate_size=64, projection_dim=EMBEDDING_WIDTH, num_hidden_layers=3,
        num_attention_heads=4, image_size=28, patch_size=14, initializer_factor=4.0,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        CLIPVisionModelWithProjection(config).save_pretrained(folder)


def adapter_tensors(unet: UNet2DConditionModel, kind: str, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights under the names and in the shapes of the files on https://huggingface.co/h94/IP-Adapter."""
    shapes: dict[str, tuple[int, ...]] = {}
    names = [name.removesuffix(".processor") for name in unet.attn_processors if "attn2" in name]
    for index, name in enumerate(names):
        for part in ("to_k_ip", "to_v_ip"):
            shapes[f"ip_adapter.{2 * index + 1}.{part}.weight"] = (unet.get_submodule(name).inner_dim, TEXT_WIDTH)
    if kind == "base":
        shapes |= linear("image_proj.proj", 4 * TEXT_WIDTH, EMBEDDING_WIDTH) | norm("image_proj.norm", TEXT_WIDTH)
    else:
        hidden, inner = 56, 2 * 64
        shapes |= {"image_proj.latents": (1, 16, hidden)} | linear("image_proj.proj_in", hidden, PATCH_WIDTH)
        shapes |= linear("image_proj.proj_out", TEXT_WIDTH, hidden) | norm("image_proj.norm_out", TEXT_WIDTH)
        for layer in (f"image_proj.layers.{index}" for index in range(4)):
            shapes |= norm(f"{layer}.0.norm1", hidden) | norm(f"{layer}.0.norm2", hidden)
            shapes |= norm(f"{layer}.1.0", hidden)
            shapes |= {f"{layer}.0.to_q.weight": (inner, hidden), f"{layer}.0.to_kv.weight": (2 * inner, hidden)}
            shapes |= {f"{layer}.0.to_out.weight": (hidden, inner)}
            shapes |= {f"{layer}.1.1.weight": (4 * hidden, hidden), f"{layer}.1.3.weight": (hidden, 4 * hidden)}
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) * shape[-1] ** -0.5 for name, shape in shapes.items()}


def linear(name: str, width_out: int, width_in: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width_out, width_in), f"{name}.bias": (width_out,)}


def norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
