"""The autoencoder stage: crops to latents and back, with the weight on edges, which flat pictures consist of."""

from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import PartialState
from diffusers import AutoencoderKL
from torch import nn
from torch.nn import functional as F

from train.checkpoint import read_average
from train.loop import Batch, Outcome, train
from train.starter.architecture import build_vae
from train.starter.blur import begin_as_blur
from train.starter.cache import Bucket, generator_on, open_buckets, pick_bucket, pick_rows, to_unit
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
    buckets, device = open_buckets(work / "examples"), PartialState().device
    objective = AutoencoderObjective(build_vae(recipe.architecture))
    begin_as_blur(objective.vae)
    side = recipe.crop_px // recipe.architecture.pixels_per_latent
    crops = Crops(buckets, recipe.crop_px, (recipe.architecture.latent_channels, side, side), device)
    checkpoint = work / "autoencoder" / "checkpoint.safetensors"
    outcome = train(objective, crops.draw, recipe.autoencoder, checkpoint, tracker, should_stop)
    finished = AutoencoderObjective(build_vae(recipe.architecture))
    finished.load_state_dict(read_average(checkpoint))
    fold_normalisation(finished.vae.to(device), to_unit(buckets[0].pixels()[:NUM_TO_NORMALISE]).to(device))
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

    def __init__(
        self, buckets: list[Bucket], crop_px: int, latent_shape: tuple[int, int, int], device: torch.device
    ) -> None:
        self._buckets = buckets
        self._pixels = [torch.from_numpy(bucket.pixels()).to(device) for bucket in buckets]
        self._crop_px = crop_px
        self._latent_shape = latent_shape

    def draw(self, generator: torch.Generator, batch_size: int) -> Batch:
        pixels_MHWC = self._pixels[pick_bucket(self._buckets, generator)]
        generator = generator_on(pixels_MHWC.device, generator)
        rows_N = pick_rows(len(pixels_MHWC), batch_size, generator)
        places = torch.stack([self._crop(pixels_MHWC, rows_N, generator) for _ in range(2)])
        busiest_N = places.float().flatten(2).std(2).argmax(0)
        crops_NHWC = places[busiest_N, torch.arange(batch_size, device=places.device)]
        shape = (batch_size, *self._latent_shape)
        noise_NCHW = torch.randn(shape, generator=generator, device=generator.device)
        return {"images_NCHW": to_unit(crops_NHWC), "noise_NCHW": noise_NCHW}  # channels last, as their pixels lay

    def _crop(self, pixels_MHWC: torch.Tensor, rows_N: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        height, width = pixels_MHWC.shape[1:3]
        inside = torch.arange(self._crop_px, device=rows_N.device)
        top_N = pick_rows(height - self._crop_px + 1, len(rows_N), generator)
        left_N = pick_rows(width - self._crop_px + 1, len(rows_N), generator)
        down, right = top_N[:, None, None] + inside[:, None], left_N[:, None, None] + inside
        return pixels_MHWC[rows_N[:, None, None], down, right]


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
