"""The denoiser stage: the UNet learns to say, from noised latents and a caption, which way the picture lies.

v-prediction down to zero signal (https://arxiv.org/abs/2305.08891). Noisy timesteps come more often: they decide on
colours, layout and subject, while below the middle a caption hardly lowers the loss. min-SNR would give the first steps
of sampling no weight at all.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn

from train.checkpoint import read_average
from train.loop import Batch, Outcome, train
from train.starter.architecture import build_scheduler, build_unet
from train.starter.cache import Bucket, fingerprint, generator_on, open_buckets, pick_bucket, pick_rows, to_unit
from train.starter.clip import TextCache
from train.starter.recipes import Recipe
from train.timesteps import draw_timesteps
from train.tracker import Tracker

START = "start"  # the folder of a UNet to go on from, where there is one
CAPTION_DROPOUT = 0.1  # to zeros, which is what serving gives an image without a negative prompt


def train_denoiser(recipe: Recipe, work: Path, tracker: Tracker, should_stop: Callable[[], bool]) -> Outcome:
    """Leaves `work`/denoiser/unet, of the averaged weights so far."""
    torch.manual_seed(recipe.denoiser.seed)
    buckets = open_buckets(work / "examples")
    names = write_encoded(buckets, work)
    start = work / "denoiser" / START
    objective = DenoiserObjective(open_unet(start) if start.exists() else build_unet(recipe.architecture))
    checkpoint = work / "denoiser" / "checkpoint.safetensors"
    outcome = train(
        objective,
        Latents(buckets, names, recipe.timestep_shift, PartialState().device).draw,
        recipe.denoiser,
        checkpoint,
        tracker,
        should_stop,
    )
    objective.load_state_dict(read_average(checkpoint))
    objective.unet.save_pretrained(work / "denoiser" / "unet")
    return outcome


def write_encoded(buckets: list[Bucket], work: Path) -> dict[str, str]:
    """Encodes all pictures and captions, unless that is done; returns the columns' names, which tell the weights."""
    device = PartialState().device
    vae = AutoencoderKL.from_pretrained(work / "autoencoder" / "vae", dtype=torch.float32).eval().to(device)
    vae.to(memory_format=torch.channels_last)
    text = TextCache(work / "text", device)
    names = {"latents": f"latents-{fingerprint(work / 'autoencoder' / 'vae')}"}
    names |= {name: f"{name}-{fingerprint(work / 'text' / 'text_encoder_2')}" for name in ("tokens", "pooled")}
    for bucket in buckets:
        bucket.write_column(names["latents"], partial(_latents, vae, bucket.pixels()))
        for place, name in enumerate(("tokens", "pooled")):
            bucket.write_column(names[name], partial(_text, text, bucket.captions, place))
    return names


@torch.inference_mode()
def _latents(vae: AutoencoderKL, pictures_NHWC: np.ndarray, rows: slice) -> torch.Tensor:
    pictures = torch.from_numpy(pictures_NHWC[rows]).to(vae.device)
    mean: torch.Tensor = vae.encode(to_unit(pictures)).latent_dist.mean
    return mean


def _text(text: TextCache, captions: tuple[str, ...], place: int, rows: slice) -> torch.Tensor:
    return text.encode([*captions[rows]])[place]


class DenoiserObjective(nn.Module):
    alphas_T: torch.Tensor  # the share of the signal's variance by timestep

    def __init__(self, unet: UNet2DConditionModel) -> None:
        super().__init__()
        self.unet = unet
        self.register_buffer("alphas_T", build_scheduler().alphas_cumprod.clone(), persistent=False)

    def forward(self, batch: Batch) -> Batch:
        alphas = self.alphas_T[batch["timesteps_N"]].view(-1, 1, 1, 1)
        signal, noise = alphas.sqrt(), (1 - alphas).sqrt()
        noised = signal * batch["latents_NCHW"] + noise * batch["noise_NCHW"]
        velocity = signal * batch["noise_NCHW"] - noise * batch["latents_NCHW"]
        condition = {"text_embeds": batch["pooled_NP"], "time_ids": batch["time_ids_N6"]}
        if "references_N1E" in batch:
            condition["image_embeds"] = [batch["references_N1E"]]  # type: ignore[assignment]
        predicted = self.unet(
            noised.contiguous(memory_format=torch.channels_last),
            batch["timesteps_N"],
            encoder_hidden_states=batch["tokens_NLD"],
            added_cond_kwargs=condition,
            return_dict=False,
        )[0]
        return {"loss": (predicted.float() - velocity).square().mean()}


class Latents:
    """Batches of one picture size each: latents, captions, and all that is random about a step."""

    def __init__(
        self, buckets: list[Bucket], names: dict[str, str], timestep_shift: float, device: torch.device
    ) -> None:
        self._buckets = buckets
        self._timestep_shift = timestep_shift
        self._columns = [{name: bucket.column(file, device) for name, file in names.items()} for bucket in buckets]
        self._num_timesteps = len(build_scheduler().alphas_cumprod)
        self._device = device

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        which = pick_bucket(self._buckets, generator)
        generator, device = generator_on(self._device, generator), self._device
        rows_N = pick_rows(len(self._buckets[which]), batch_size, generator)
        loaded = {name: column[rows_N].float() for name, column in self._columns[which].items()}
        keep_N = torch.rand(batch_size, generator=generator, device=device) >= CAPTION_DROPOUT
        drawn_N = draw_timesteps(self._num_timesteps, batch_size, self._timestep_shift, generator)
        size = (self._buckets[which].height_px, self._buckets[which].width_px)
        batch = {
            "latents_NCHW": loaded["latents"],
            "noise_NCHW": torch.randn(loaded["latents"].shape, generator=generator, device=device),
            "timesteps_N": drawn_N,
            "tokens_NLD": loaded["tokens"] * keep_N[:, None, None],
            "pooled_NP": loaded["pooled"] * keep_N[:, None],
            "time_ids_N6": torch.tensor([[*size, 0, 0, *size]], dtype=torch.float32).repeat(batch_size, 1),
        }
        if "references" in loaded:
            keep_image_N = torch.rand(batch_size, generator=generator, device=device) >= CAPTION_DROPOUT
            batch["references_N1E"] = (loaded["references"] * keep_image_N[:, None])[:, None]
        return batch


def open_unet(folder: Path) -> UNet2DConditionModel:
    unet: UNet2DConditionModel = UNet2DConditionModel.from_pretrained(folder, dtype=torch.float32)
    return unet.to(memory_format=torch.channels_last)
