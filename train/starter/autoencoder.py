"""The autoencoder stage: crops to latents and back, with the weight on edges, which flat pictures consist of."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import nn
from torch.nn import functional as F

from train.checkpoint import read_average
from train.loop import Batch, Outcome, train
from train.starter.architecture import build_vae
from train.starter.cache import Bucket, open_buckets, pick_bucket, pick_rows, to_unit
from train.starter.recipes import Recipe
from train.tracker import Tracker

EDGE_WEIGHT = 4.0
GRADIENT_WEIGHT = 1.0
KL_WEIGHT = 2e-4  # of the mean over latent values: keeps them near one scale, no more
NUM_SCALES = 3
NUM_TO_NORMALISE = 256  # pictures that the latents' mean and deviation are measured on


def train_autoencoder(recipe: Recipe, work: Path, tracker: Tracker, should_stop: Callable[[], bool]) -> Outcome:
    """Leaves `work`/autoencoder/vae, of the averaged weights so far."""
    torch.manual_seed(recipe.autoencoder.seed)
    buckets = open_buckets(work / "examples")
    objective = AutoencoderObjective(build_vae(recipe.architecture))
    side = recipe.crop_px // recipe.architecture.pixels_per_latent
    crops = Crops(buckets, recipe.crop_px, (recipe.architecture.latent_channels, side, side))
    checkpoint = work / "autoencoder" / "checkpoint.safetensors"
    outcome = train(objective, crops.draw, recipe.autoencoder, checkpoint, tracker, should_stop)
    finished = AutoencoderObjective(build_vae(recipe.architecture))
    finished.load_state_dict(read_average(checkpoint))
    fold_normalisation(finished.vae, to_unit(buckets[0].pixels()[:NUM_TO_NORMALISE]))
    finished.vae.save_pretrained(work / "autoencoder" / "vae")
    return outcome


class AutoencoderObjective(nn.Module):
    def __init__(self, vae: AutoencoderKL) -> None:
        super().__init__()
        self.vae = vae

    def forward(self, batch: Batch) -> Batch:
        images, noise = batch["images_NCHW"], batch["noise_NCHW"]
        posterior = self.vae.encode(images, return_dict=False)[0]
        decoded = self.vae.decode(posterior.mean + posterior.std * noise, return_dict=False)[0].float()
        l1 = (decoded - images).abs()
        weighted = (l1 * (1 + EDGE_WEIGHT * edges(images))).mean()
        gradient = gradient_loss(decoded, images)
        kl = posterior.kl().mean() / posterior.mean[0].numel()
        loss = weighted + GRADIENT_WEIGHT * gradient + KL_WEIGHT * kl
        return {"loss": loss, "l1": l1.mean(), "gradient": gradient, "kl": kl}


def edges(images_NCHW: torch.Tensor) -> torch.Tensor:
    """[N, 1, H, W], 0..1: how much each place differs from its surroundings, with a rim of two pixels."""
    padded = F.pad(images_NCHW, (2, 2, 2, 2), mode="replicate")
    spread = F.max_pool2d(padded, 5, 1) + F.max_pool2d(-padded, 5, 1)  # maximum minus minimum
    return spread.amax(1, keepdim=True) / 2


def gradient_loss(decoded_NCHW: torch.Tensor, images_NCHW: torch.Tensor) -> torch.Tensor:
    """L1 of the differences between neighbours, at several scales: a blurred edge has none of the right size."""
    difference = decoded_NCHW - images_NCHW
    total = difference.new_zeros(())
    for _ in range(NUM_SCALES):
        total = total + difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
        difference = F.avg_pool2d(difference, 2)
    return total


class Crops:
    """Square crops; of two places in a picture, the one with more to see."""

    def __init__(self, buckets: list[Bucket], crop_px: int, latent_shape: tuple[int, int, int]) -> None:
        self._buckets = buckets
        self._pixels = [bucket.pixels() for bucket in buckets]
        self._crop_px = crop_px
        self._latent_shape = latent_shape

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        crops = []
        for _ in range(batch_size):
            which = pick_bucket(self._buckets, generator)
            (row,) = pick_rows(self._buckets[which], 1, generator)
            picture = self._pixels[which][row]
            places = torch.rand(2, 2, generator=generator).tolist()
            crops.append(max((self._crop(picture, *place) for place in places), key=lambda crop: float(crop.std())))
        noise = torch.randn((batch_size, *self._latent_shape), generator=generator)
        images = to_unit(np.stack(crops)).contiguous(memory_format=torch.channels_last)
        return {"images_NCHW": images, "noise_NCHW": noise}

    def _crop(self, picture_HWC: np.ndarray, down: float, right: float) -> np.ndarray:
        size = self._crop_px
        top = round(down * (picture_HWC.shape[0] - size))
        left = round(right * (picture_HWC.shape[1] - size))
        return np.asarray(picture_HWC[top : top + size, left : left + size])


@torch.inference_mode()
def fold_normalisation(vae: AutoencoderKL, images_NCHW: torch.Tensor) -> None:
    """Makes each latent channel's mean 0 and deviation 1 over `images`, by the layers nearest to the latents.

    No configuration then has to carry the figures, and no reader can forget them.
    """
    means = torch.cat([vae.encode(chunk).latent_dist.mean for chunk in images_NCHW.split(8)])
    mean_C, std_C = means.mean((0, 2, 3)), means.std((0, 2, 3))
    channels = len(mean_C)
    into, out_of = vae.quant_conv, vae.post_quant_conv
    into.bias[:channels] = (into.bias[:channels] - mean_C) / std_C
    into.weight[:channels] /= std_C[:, None, None, None]
    into.bias[channels:] -= 2 * std_C.log()  # log of a variance
    out_of.bias += (out_of.weight[..., 0, 0] * mean_C).sum(1)
    out_of.weight *= std_C[None, :, None, None]
