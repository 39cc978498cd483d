"""The starter model's architecture at its real sizes, with random weights."""

from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from torch import nn

from deployments.engine.decode import decode_images
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest
from deployments.engine.step import step
from train.starter.architecture import (
    build_image_encoder,
    build_scheduler,
    build_text_encoders,
    build_unet,
    build_vae,
)
from train.starter.autoencoder import fold_normalisation
from train.starter.recipes import CPU, TINY, Recipe
from train.starter.tokenizer import train_tokenizers

CAPTIONS = ["a white rocket on a red circle", "a green leaf, flat"] * 20


def save_pipeline(recipe: Recipe, folder: Path) -> None:
    sizes = recipe.architecture
    torch.manual_seed(0)
    tokenizers = train_tokenizers(CAPTIONS, sizes.vocabulary_size)
    text_encoders = build_text_encoders(sizes, tokenizers)
    StableDiffusionXLPipeline(
        vae=build_vae(sizes), text_encoder=text_encoders[0], text_encoder_2=text_encoders[1], tokenizer=tokenizers[0],
        tokenizer_2=tokenizers[1], unet=build_unet(sizes), scheduler=build_scheduler(), add_watermarker=False,
    ).save_pretrained(folder, max_shard_size="14MB")  # fmt: skip


def test_image_equals_diffusers(tmp_path: Path) -> None:
    save_pipeline(TINY, tmp_path / "starter")
    pipeline = StableDiffusionXLPipeline.from_pretrained(tmp_path / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    theirs_CHW = pipeline(
        "a red rocket", width=352, height=192, num_inference_steps=6, guidance_scale=4.0, output_type="pt",
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]  # fmt: skip
    equipment = equip(load_model(tmp_path / "starter"), max_lora_rank=4)
    request = ImageRequest("a red rocket", None, 352, 192, num_steps=6, guidance_scale=4.0, seed=7)
    with torch.inference_mode():
        sample = Preparer(equipment).prepare(request)
        while not sample.is_done:
            step(equipment, [sample])
        decoded_CHW = decode_images(equipment.model.vae, sample.latents_CHW[None], torch.float32)[0]
    assert theirs_CHW.std() > 0.01  # a flat image would prove nothing
    assert torch.allclose((decoded_CHW / 2 + 0.5).clamp(0, 1), theirs_CHW, atol=1e-4, rtol=0)


def test_real_sizes_keep_the_budget() -> None:
    sizes = CPU.architecture
    tokenizers = train_tokenizers(CAPTIONS, sizes.vocabulary_size)
    with torch.device("meta"):
        parts: list[nn.Module] = [
            build_vae(sizes), build_unet(sizes), *build_text_encoders(sizes, tokenizers), build_image_encoder(sizes)
        ]  # fmt: skip
    num_bytes = 2 * sum(weight.numel() for part in parts for weight in part.parameters())
    assert num_bytes < 55_000_000  # leaves room for the adapter and a full vocabulary


@pytest.mark.parametrize("text", ["a white rocket", "Füchse 🦊 zwölf", "x" * 300])
def test_any_text_has_a_spelling(text: str) -> None:
    for tokenizer in train_tokenizers(CAPTIONS, 600):
        ids = tokenizer(text).input_ids
        assert tokenizer.decode(ids, skip_special_tokens=True).replace(" ", "") == text.lower().replace(" ", "")
    assert len(tokenizer("a white rocket").input_ids) == 5  # words of the captions are whole


def test_folding_normalises_latents_and_changes_no_picture() -> None:
    torch.manual_seed(0)
    vae = build_vae(TINY.architecture).eval()
    images_NCHW = torch.rand(8, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        before = vae.decode(vae.encode(images_NCHW).latent_dist.mean).sample
        fold_normalisation(vae, images_NCHW)
        latents = vae.encode(images_NCHW).latent_dist.mean
        after = vae.decode(latents).sample
    assert torch.allclose(latents.mean((0, 2, 3)), torch.zeros(8), atol=1e-3)
    assert torch.allclose(latents.std((0, 2, 3)), torch.ones(8), atol=1e-3)
    assert torch.allclose(before, after, atol=1e-4)
