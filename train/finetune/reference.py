"""A model's own IP-Adapter taught a data set: to draw one picture of it in the style of another.

The image projection and the keys and values for the picture learn; UNet and encoders stay as they are. What is written
is the published file's layout.

Shapes: N of a batch, M pictures of the data set, E width of what the adapter takes from the image encoder.
"""

from collections import defaultdict
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import cast

import torch
from accelerate import PartialState
from transformers import CLIPVisionModelWithProjection

from deployments.engine.ip_adapter import ImageAdapter, load_adapter
from deployments.engine.load import SdxlModel
from deployments.engine.references import ReferenceEncoder, load_image_encoder, to_clip_pixels
from deployments.errors import ModelFolderError
from deployments.model_folder import read_manifest
from deployments.specs import PROFILES
from train.checkpoint import read_average
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Augmentation, prepare
from train.finetune.adapter import write_file
from train.finetune.encode import Encoded
from train.finetune.objective import StyleBatches, StyleObjective
from train.finetune.priors import OwnWords
from train.finetune.recipes import StyleRecipe
from train.finetune.style import OWN, Keeper, StyleJob, measure, prepare_job, words_of, write_card
from train.image_adapter import install, published
from train.loop import Batch, Outcome, train
from train.tracker import Tracker


def train_reference(job: StyleJob, tracker: Tracker, should_stop: Callable[[], bool], keeper: Keeper) -> Outcome:
    """As `train_style`. Raises ModelFolderError also for a model without an IP-Adapter, or with one of another kind."""
    recipe, folder = job.complete_recipe(), Path(job.model)
    data, manifest = open_data_set(Path(job.data)), read_manifest(folder)
    model, encoded, checkpoint = prepare_job(job, recipe, data, manifest)
    keeper.restore(checkpoint)
    references = PROFILES[manifest.name].references
    adapter, encoder = open_adapter(folder / references.adapter, folder / references.encoder, model)
    install(model.unet, adapter)
    objective = StyleObjective(model, recipe.snr_gamma).to(model.device)
    own = StyleBatches(encoded[OWN], recipe, len(objective.alphas_T), model.pixels_per_latent)
    batches = ReferenceBatches(own, encoded[OWN], _embed(data, recipe, encoder), recipe.caption_dropout)
    measured = {OWN: batches}
    before = measure(objective, measured, recipe, "before")
    outcome = train(
        objective, batches.draw, recipe.loop, checkpoint, tracker, should_stop,
        lambda step, metrics: keeper.keep(checkpoint, step, metrics),
    )  # fmt: skip
    if outcome.is_done and PartialState().is_main_process:
        average = read_average(checkpoint)
        objective.load_state_dict(average, strict=False)
        metrics = before | measure(objective, measured, recipe, "after")
        write_file(Path(job.out), published(average, model.unet), words_of(job, model))
        write_card(job, manifest, data, metrics, outcome.step, [Path(job.out)])
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
