"""From a run's parts to a model folder that serves, and back: diffusers' layout, half precision, no file over 15 MB."""

import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer, CLIPVisionModelWithProjection

from deployments.model_folder import ModelManifest, write_manifest
from train.starter.architecture import build_scheduler
from train.starter.clip import TEXT_FOLDERS, TOKENIZER_FOLDERS
from train.starter.denoiser import START
from train.starter.reference import ADAPTER_FILE

MAX_FILE = "14MB"


def export(work: Path, out: Path, name: str = "starter") -> ModelManifest:
    """Writes the folder anew, its manifest last. An adapter goes along once the reference stage has left one."""
    shutil.rmtree(out, ignore_errors=True)
    text = work / "text"
    pipeline = StableDiffusionXLPipeline(
        vae=AutoencoderKL.from_pretrained(work / "autoencoder" / "vae"),
        text_encoder=CLIPTextModel.from_pretrained(text / TEXT_FOLDERS[0]),
        text_encoder_2=CLIPTextModelWithProjection.from_pretrained(text / TEXT_FOLDERS[1]),
        tokenizer=CLIPTokenizer.from_pretrained(text / TOKENIZER_FOLDERS[0]),
        tokenizer_2=CLIPTokenizer.from_pretrained(text / TOKENIZER_FOLDERS[1]),
        unet=UNet2DConditionModel.from_pretrained(work / "denoiser" / "unet"),
        scheduler=build_scheduler(),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )
    pipeline.to(dtype=torch.float16).save_pretrained(out, safe_serialization=True, max_shard_size=MAX_FILE)
    if (adapter := work / "reference" / ADAPTER_FILE).exists():
        (out / "ip_adapter").mkdir()
        shutil.copyfile(adapter, out / "ip_adapter" / ADAPTER_FILE)
        encoder = CLIPVisionModelWithProjection.from_pretrained(work / "clip" / "image_encoder").half()
        encoder.save_pretrained(out / "image_encoder", max_shard_size=MAX_FILE)
    return write_manifest(out, name=name, weights="trained", source="trained by train.starter on pictures it draws")


def unpack(model: Path, work: Path) -> None:
    """A model folder's parts as a run left them, so that any stage from `text` on can go on from there."""
    shutil.copytree(model / "vae", work / "autoencoder" / "vae")
    for name in (*TEXT_FOLDERS, *TOKENIZER_FOLDERS):
        for stage in ("clip", "text"):
            shutil.copytree(model / name, work / stage / name)
    shutil.copytree(model / "image_encoder", work / "clip" / "image_encoder")
    shutil.copytree(model / "unet", work / "denoiser" / START)
    if (adapter := model / "ip_adapter").exists():
        shutil.copytree(adapter, work / "reference")
