"""A model's own IP-Adapter taught a data set: to draw one picture of it in the style of another.

The image projection and the keys and values for the picture learn; UNet and encoders stay as they are. What is written
is the published file's layout, and is read again as a stranger's would be.

Shapes: N of a batch, M pictures of the data set, E width of what the adapter takes from the image encoder.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import cast

import torch
from accelerate import PartialState
from safetensors.torch import save_file
from transformers import CLIPVisionModelWithProjection

from deployments.engine.ip_adapter import ImageAdapter, load_adapter
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.references import ReferenceEncoder, load_image_encoder, to_clip_pixels
from deployments.errors import ModelFolderError
from deployments.model_folder import read_manifest
from deployments.specs import PROFILES
from train.checkpoint import read_average
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Augmentation, prepare
from train.finetune.encode import Encoded, SampleEncoder, encode
from train.finetune.objective import StyleBatches, StyleObjective
from train.finetune.priors import OwnWords
from train.finetune.recipes import REFERENCE_RECIPES, StyleRecipe
from train.finetune.style import CHECKPOINT, mean_loss
from train.image_adapter import install, published
from train.loop import Batch, Outcome, train
from train.tracker import Tracker


@dataclass(frozen=True)
class ReferenceJob:
    data: str
    model: str  # a model folder, with an IP-Adapter and its image encoder
    out: str  # `NAME.safetensors`; what was learnt and how far is in its header
    work: str
    recipe: str  # of REFERENCE_RECIPES


def train_reference(job: ReferenceJob, tracker: Tracker, should_stop: Callable[[], bool]) -> Outcome:
    """Goes on where the same data, model and recipe were left. Raises DataSetError and ModelFolderError."""
    recipe, folder = REFERENCE_RECIPES[job.recipe], Path(job.model)
    torch.set_num_threads(recipe.num_threads)
    data, manifest = open_data_set(Path(job.data)), read_manifest(folder)
    model = load_model(folder, str(PartialState().device), getattr(torch, recipe.dtype))
    references = PROFILES[manifest.name].references
    adapter, encoder = open_adapter(folder / references.adapter, folder / references.encoder, model)
    told = json.dumps([data.digest, manifest.version, asdict(recipe)])
    checkpoint = Path(job.work) / "references" / hashlib.sha256(told.encode()).hexdigest()[:16] / CHECKPOINT
    encoded = encode(data, SampleEncoder(model, manifest.version, recipe, OwnWords(), Path(job.work)))
    install(model.unet, adapter)
    objective = StyleObjective(model, recipe.snr_gamma)
    own = StyleBatches(encoded, recipe, len(objective.alphas_T), model.pixels_per_latent)
    batches = ReferenceBatches(own, encoded, _embed(data, recipe, encoder), recipe.caption_dropout)
    before = mean_loss(objective, batches.draw, recipe)
    outcome = train(objective, batches.draw, recipe.loop, checkpoint, tracker, should_stop)
    if outcome.is_done:
        average = read_average(checkpoint)
        objective.load_state_dict(average, strict=False)
        losses = {"loss_before": before, "loss_after": mean_loss(objective, batches.draw, recipe)}
        header = {"base": manifest.version, "data": data.digest, "recipe": recipe.name, "steps": outcome.step} | losses
        _write(Path(job.out), published(average, model.unet), header, folder / references.encoder, model)
    return outcome


class ReferenceBatches:
    """Each picture beside another one of the data set, which now and then is not shown."""

    def __init__(self, own: StyleBatches, encoded: Encoded, embeds_ME: torch.Tensor, dropout: float) -> None:
        self._own, self._embeds_ME, self._dropout = own, embeds_ME, dropout
        lengths = accumulate(map(len, encoded.buckets), initial=0)
        self._first = {bucket.latents_HW: first for bucket, first in zip(encoded.buckets, lengths, strict=False)}

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        bucket, num_pictures = self._own.choose(generator), len(self._embeds_ME)
        batch = self._own.draw_from(bucket, generator, batch_size)
        further_N = torch.randint(1, num_pictures, (batch_size,), generator=generator)
        others_N = (self._first[bucket.latents_HW] + batch["rows_N"] + further_N) % num_pictures
        is_shown_N = torch.rand(batch_size, generator=generator) >= self._dropout
        return batch | {"references_N1E": (self._embeds_ME[others_N] * is_shown_N[:, None])[:, None]}


def open_adapter(
    file: Path, encoder_folder: Path, model: SdxlModel
) -> tuple[ImageAdapter, CLIPVisionModelWithProjection]:
    """Raises ModelFolderError for a folder without one, or with one of another kind or width."""
    adapter = load_adapter(file, model.unet)
    if adapter.image_proj.sees_patches:
        raise ModelFolderError(f"{file.name} is an IP-Adapter Plus; only the base one is taught")
    encoder = load_image_encoder(encoder_folder, model.device, model.dtype)
    ReferenceEncoder(adapter, encoder)  # looks at the widths
    return adapter, encoder


@torch.no_grad()
def _embed(data: DataSet, recipe: StyleRecipe, encoder: CLIPVisionModelWithProjection) -> torch.Tensor:
    """[M, E] in the order of `encode`: size by size."""
    by_size, size_px = defaultdict(list), cast(int, encoder.config.image_size)
    for sample, picture in data.pictures():
        pixels_HWC = prepare(sample, picture, recipe.buckets_px, OwnWords(), Augmentation(num_variants=1))[0].pixels_HWC
        pixels_1CHW = to_clip_pixels(pixels_HWC, size_px)[None].to(encoder.device, encoder.dtype)
        by_size[pixels_HWC.shape].append(encoder(pixels_1CHW).image_embeds[0].float().cpu())
    return torch.stack([embeds for of_size in by_size.values() for embeds in of_size])


def _write(
    out: Path, tensors: dict[str, torch.Tensor], header: Mapping[str, object], encoder_folder: Path,
    model: SdxlModel,
) -> None:  # fmt: skip
    """Whole and read again, or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}")
    save_file(tensors, partial, {name: str(value) for name, value in header.items()})
    open_adapter(partial, encoder_folder, model)
    if endless := [name for name, tensor in tensors.items() if not tensor.isfinite().all()]:
        raise ModelFolderError(f"{endless[0]} is not finite after training")
    partial.replace(out)
