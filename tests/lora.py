"""LoRA adapters for tests: random ones, written as diffusers and as kohya's trainer write them."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from deployments.engine.load import SdxlModel
from deployments.engine.lora_files import adaptable_linears

Matrices = dict[str, tuple[torch.Tensor, torch.Tensor]]  # by module path: down [r, in], up [out, r]


def random_matrices(model: SdxlModel, rank: int, seed: int, only: str = "") -> Matrices:
    """Strong enough to be seen in the UNet's output; `only` those layers whose path has it in it."""
    return _random(adaptable_linears(model.unet), rank, seed, only)


def random_text_matrices(encoder: nn.Module, rank: int, seed: int) -> Matrices:
    linears = {path: module for path, module in encoder.named_modules() if isinstance(module, nn.Linear)}
    return _random(linears, rank, seed, "encoder.")


def _random(linears: dict[str, nn.Linear], rank: int, seed: int, only: str) -> Matrices:
    generator = torch.Generator().manual_seed(seed)
    return {
        path: (
            torch.randn(rank, linear.in_features, generator=generator) / linear.in_features**0.5,
            torch.randn(linear.out_features, rank, generator=generator) * 0.3 / rank**0.5,
        )
        for path, linear in linears.items()
        if only in path
    }


def write_peft(path: Path, parts: dict[str, Matrices], alphas: dict[str, float] | None = None) -> Path:
    """diffusers' file: `parts` by `unet`, `text_encoder`, `text_encoder_2`; alphas go into the header."""
    tensors = {}
    for part, matrices in parts.items():
        for module, (down, up) in matrices.items():
            tensors[f"{part}.{module}.lora_A.weight"], tensors[f"{part}.{module}.lora_B.weight"] = down, up
    header: dict[str, object] = {}
    for part, alpha in (alphas or {}).items():
        rank = len(next(iter(parts[part].values()))[0])
        targets = sorted(parts[part])
        header |= {f"{part}.r": rank, f"{part}.lora_alpha": alpha, f"{part}.target_modules": targets}
    save_file(tensors, path, {"lora_adapter_metadata": json.dumps(header)} if header else None)
    return path


def write_kohya(path: Path, parts: dict[str, Matrices], alpha: float | None, sgm: bool = True) -> Path:
    """kohya's file: one alpha beside each layer; UNet names as in Stability's own code, or as in diffusers."""
    prefixes = {"unet": "lora_unet", "text_encoder": "lora_te1", "text_encoder_2": "lora_te2"}
    tensors = {}
    for part, matrices in parts.items():
        for module, (down, up) in matrices.items():
            if part == "unet":
                name = _sgm(module) if sgm else module
            else:
                name = "text_model." + module.removeprefix("text_model.")
            key = f"{prefixes[part]}_{name.replace('.', '_')}"
            tensors[f"{key}.lora_down.weight"], tensors[f"{key}.lora_up.weight"] = down, up
            if alpha is not None:
                tensors[f"{key}.alpha"] = torch.tensor(alpha)
    save_file(tensors, path)
    return path


# Where the transformers of three levels with two layers each lie in Stability's UNet (SDXL's own numbers).
_SGM = {
    "down_blocks.1.attentions.0": "input_blocks.4.1",
    "down_blocks.1.attentions.1": "input_blocks.5.1",
    "down_blocks.2.attentions.0": "input_blocks.7.1",
    "down_blocks.2.attentions.1": "input_blocks.8.1",
    "mid_block.attentions.0": "middle_block.1",
    "up_blocks.0.attentions.0": "output_blocks.0.1",
    "up_blocks.0.attentions.1": "output_blocks.1.1",
    "up_blocks.0.attentions.2": "output_blocks.2.1",
    "up_blocks.1.attentions.0": "output_blocks.3.1",
    "up_blocks.1.attentions.1": "output_blocks.4.1",
    "up_blocks.1.attentions.2": "output_blocks.5.1",
}


def _sgm(module: str) -> str:
    match = re.match(r".*?\.attentions\.\d+", module)
    assert match
    return _SGM[match.group()] + module[match.end() :]


def write_three(folder: Path, model: SdxlModel) -> dict[str, Path]:
    """`a`: rank 4, alpha 2. `b`: rank 3, alpha 6, in attention only and as kohya writes it. `c`: rank 9, no alpha."""
    unet_a, unet_c = (random_matrices(model, rank, seed) for rank, seed in ((4, 1), (9, 3)))
    unet_b = random_matrices(model, 3, 2, only=".attn")
    return {
        "a": write_peft(folder / "a.safetensors", {"unet": unet_a}, {"unet": 2.0}),
        "b": write_kohya(folder / "b.safetensors", {"unet": unet_b}, alpha=6.0),
        "c": write_peft(folder / "c.safetensors", {"unet": unet_c}),
    }


def run(unet: torch.nn.Module, rows: Sequence[int]) -> torch.Tensor:
    """[R, C, H, W] of the rows named: row n has the same input wherever it stands."""
    generators = [torch.Generator().manual_seed(row) for row in rows]
    latents, tokens, pooled = (
        torch.stack([torch.randn(shape, generator=generator) for generator in generators])
        for shape in ((4, 8, 8), (77, 64), (32,))
    )
    conditions = {"text_embeds": pooled, "time_ids": torch.tensor([[128.0, 128, 0, 0, 128, 128]] * len(rows))}
    timesteps = torch.tensor([37.0 * row + 5 for row in rows])
    with torch.inference_mode():
        output: torch.Tensor = unet(
            latents, timesteps, encoder_hidden_states=tokens, added_cond_kwargs=conditions, return_dict=False
        )[0]
    return output
