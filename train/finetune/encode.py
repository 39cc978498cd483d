"""What a model's frozen parts make of a data set, computed once and kept: a file for each sample.

A file's name is the sample's digest and its folder's name a digest of everything else that decides on its content, so
neither another order, nor another caption, nor other settings can pair a picture with the wrong words
(https://github.com/huggingface/diffusers/issues/14430 is what happens else).

Shapes: N samples of one size, V variants of each, C×H×W latents, L tokens, D text width, P pooled width.
"""

import hashlib
import json
import logging
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from deployments.engine.load import SdxlModel
from deployments.engine.text import EncodedPrompt, PromptEncoder
from train.data.data_set import DataSet, Sample
from train.data.prepare import Prepared, Wording, prepare
from train.finetune.recipes import StyleRecipe

NAMES = ("latents", "tokens", "pooled")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class EncodedBucket:
    latents_NVCHW: torch.Tensor
    tokens_NVLD: torch.Tensor
    pooled_NVP: torch.Tensor

    def __len__(self) -> int:
        return len(self.latents_NVCHW)

    @property
    def latents_HW(self) -> torch.Size:
        return self.latents_NVCHW.shape[3:]


@dataclass(frozen=True)
class Encoded:
    buckets: tuple[EncodedBucket, ...]
    unsaid_LD: torch.Tensor  # in place of a caption that is dropped
    unsaid_P: torch.Tensor


class SampleEncoder:
    """`version` names the model's weights."""

    def __init__(self, model: SdxlModel, version: str, recipe: StyleRecipe, wording: Wording, work: Path) -> None:
        self._model, self._recipe, self._wording = model, recipe, wording
        self._prompts = PromptEncoder(model)
        self._folder = work / "encoded" / _config_digest(version, recipe, wording)
        self._folder.mkdir(parents=True, exist_ok=True)

    def keep(self, sample: Sample, picture: Image.Image) -> Path:
        """The sample's file, made unless it is there."""
        path = self._folder / f"{sample.digest}.safetensors"
        if not path.exists():
            variants = prepare(sample, picture, self._recipe.buckets_px, self._wording, self._recipe.augmentation)
            _write(path, _encode(variants, self._model, self._prompts))
        return path

    @torch.no_grad()
    def unsaid(self) -> EncodedPrompt:
        """What a caption that is dropped becomes."""
        return self._prompts.encode_negative(None)


def encode(data: DataSet, encoder: SampleEncoder) -> Encoded:
    """Raises DataSetError when a picture has changed meanwhile."""
    by_size = defaultdict(list)
    for sample, picture in data.pictures():
        tensors = load_file(encoder.keep(sample, picture))
        by_size[tensors["latents"].shape].append(tensors)
    logger.info("%d pictures in %d sizes", len(data.samples), len(by_size))
    unsaid, buckets = encoder.unsaid(), tuple(_stacked(samples) for samples in by_size.values())
    return Encoded(buckets, unsaid.tokens_LD.float().cpu(), unsaid.pooled_P.float().cpu())


def _config_digest(version: str, recipe: StyleRecipe, wording: Wording) -> str:
    config = [version, recipe.dtype, recipe.buckets_px, asdict(recipe.augmentation), asdict(wording)]
    return hashlib.sha256(json.dumps(config).encode()).hexdigest()[:16]


@torch.no_grad()
def _encode(variants: list[Prepared], model: SdxlModel, encoder: PromptEncoder) -> dict[str, torch.Tensor]:
    pixels_VHWC = torch.from_numpy(np.stack([variant.pixels_HWC for variant in variants]))
    unit_VCHW = (pixels_VHWC.permute(0, 3, 1, 2).float() / 127.5 - 1).to(model.device, model.dtype)
    latents_VCHW = model.vae.encode(unit_VCHW).latent_dist.mean * model.vae.config.scaling_factor
    prompts = [encoder.encode(variant.caption) for variant in variants]
    tokens_VLD = torch.stack([prompt.tokens_LD for prompt in prompts])
    pooled_VP = torch.stack([prompt.pooled_P for prompt in prompts])
    values = (latents_VCHW, tokens_VLD, pooled_VP)
    return {name: tensor.float().cpu().contiguous() for name, tensor in zip(NAMES, values, strict=True)}


def _write(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}")
    save_file(tensors, partial)
    partial.replace(path)


def _stacked(samples: list[dict[str, torch.Tensor]]) -> EncodedBucket:
    latents, tokens, pooled = (torch.stack([sample[name] for sample in samples]) for name in NAMES)
    return EncodedBucket(latents, tokens, pooled)
