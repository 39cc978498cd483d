"""The reference stage: an IP-Adapter learns to draw one subject in the style of a picture of another.

Only the adapter trains. Its file is the published one's layout; diffusers' own processors run it.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import PartialState
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from deployments.engine.ip_adapter import ImageAdapter, ImageTokens
from train.checkpoint import read_average
from train.image_adapter import cross_layers, install, published
from train.loop import Outcome, train
from train.starter.cache import open_buckets
from train.starter.denoiser import DenoiserObjective, Latents, open_unet, write_encoded
from train.starter.embeds import write_embeds
from train.starter.recipes import Recipe
from train.tracker import Tracker

ADAPTER_FILE = "ip-adapter.safetensors"


def train_reference(recipe: Recipe, work: Path, tracker: Tracker, should_stop: Callable[[], bool]) -> Outcome:
    """Leaves `work`/reference/ip-adapter.safetensors, of the averaged weights so far."""
    torch.manual_seed(recipe.reference.seed)
    buckets, device = open_buckets(work / "pairs"), PartialState().device
    names = write_encoded(buckets, work)
    names["references"] = write_embeds(buckets, work / "clip" / "image_encoder", device, "reference")
    unet = open_unet(work / "denoiser" / "unet").requires_grad_(False)
    add_adapter(unet, recipe.architecture.embedding_width)
    objective = DenoiserObjective(unet)
    checkpoint = work / "reference" / "checkpoint.safetensors"
    draw = Latents(buckets, names, recipe.timestep_shift, device).draw
    outcome = train(objective, draw, recipe.reference, checkpoint, tracker, should_stop)
    save_file(published(read_average(checkpoint), unet), work / "reference" / ADAPTER_FILE)
    return outcome


def add_adapter(unet: UNet2DConditionModel, embedding_width: int) -> None:
    """A fresh adapter, its keys and values begun from the text's; all of the UNet that trains."""
    adapter = ImageAdapter(ImageTokens(embedding_width, unet.config.cross_attention_dim), unet)
    for layer, name in zip(adapter.ip_adapter.values(), cross_layers(unet), strict=True):
        attention = unet.get_submodule(name)
        for ours, theirs in (("to_k_ip", attention.to_k), ("to_v_ip", attention.to_v)):
            layer.get_submodule(ours).load_state_dict(theirs.state_dict())
    install(unet, adapter)
