"""A LoRA's part in the text encoders, against diffusers with peft."""

from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline

from deployments.engine.load import load_model
from deployments.engine.lora_files import read_lora
from deployments.engine.lora_text import text_encoder_with
from tests.lora import random_matrices, random_text_matrices, write_peft


def test_text_encoders_equal_diffusers_and_forget(models_dir: Path, tmp_path: Path) -> None:
    pristine = load_model(models_dir / "starter")
    parts = {
        "unet": random_matrices(pristine, 4, seed=1, only="mid_block"),
        "text_encoder": random_text_matrices(pristine.text_encoders[0], 4, seed=2),
        "text_encoder_2": random_text_matrices(pristine.text_encoders[1], 4, seed=3),
    }
    path = write_peft(tmp_path / "t.safetensors", parts, {"unet": 2.0, "text_encoder": 2.0, "text_encoder_2": 8.0})
    adapter = read_lora(path, "t", pristine, max_rank=16)
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.load_lora_weights(tmp_path, weight_name="t.safetensors", adapter_name="t", use_safetensors=True)
    pipeline.set_adapters(["t"], [0.7])
    for part, encoder, layers in zip(
        ("text_encoder", "text_encoder_2"), pristine.text_encoders, adapter.text_layers, strict=True
    ):
        ids_1L = torch.arange(77)[None]

        def encode(encoder: torch.nn.Module, ids_1L: torch.Tensor = ids_1L) -> torch.Tensor:
            with torch.inference_mode():
                hidden: torch.Tensor = encoder(ids_1L, output_hidden_states=True).hidden_states[-2]
            return hidden

        before = encode(encoder)
        with text_encoder_with(encoder, layers, 0.7):
            ours = encode(encoder)
        assert torch.allclose(ours, encode(getattr(pipeline, part)), atol=1e-4, rtol=0)
        assert (ours - before).abs().mean() > 0.02
        assert torch.equal(encode(encoder), before)
