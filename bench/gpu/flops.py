"""How much arithmetic SDXL is, counted on shapes without weights, and the time that it takes at measured rates."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from bench.gpu.architecture import NUM_TOKENS, Architecture, build_unet, build_vae

Flops = dict[str, float]  # by kind of operation: linear, conv, attention
_KINDS = {
    "addmm": "linear",
    "mm": "linear",
    "convolution": "conv",
    "bmm": "attention",
    "baddbmm": "attention",
}
_META = torch.device("meta")


def unet_row_flops(architecture: Architecture, side_px: int) -> Flops:
    """One row through the UNet: an image with guidance is two."""
    unet = build_unet(architecture, _META, torch.float32)
    side = side_px // _pixels_per_latent(architecture)
    return _count(
        lambda: unet(
            torch.empty(1, 4, side, side, device=_META),
            torch.empty(1, device=_META),
            encoder_hidden_states=torch.empty(1, NUM_TOKENS, unet.config.cross_attention_dim, device=_META),
            added_cond_kwargs={
                "text_embeds": torch.empty(1, architecture.pooled_width, device=_META),
                "time_ids": torch.empty(1, 6, device=_META),
            },
        )
    )


def decode_flops(architecture: Architecture, side_px: int) -> Flops:
    """One image through the decoder."""
    vae = build_vae(architecture, _META, torch.float32)
    side = side_px // _pixels_per_latent(architecture)
    return _count(lambda: vae.decode(torch.empty(1, 4, side, side, device=_META)))


def training_flops(forward: Flops) -> Flops:
    """Forward and backward through frozen weights: the gradient to the input alone, as much again as the forward.

    Attention recomputes its scores on the way back: two and a half forwards (https://arxiv.org/abs/2205.14135).
    """
    factors = {"linear": 2.0, "conv": 2.0, "attention": 3.5}
    return {kind: factors[kind] * count for kind, count in forward.items()}


def floor_s(flops: Flops, rates: Mapping[str, float], num_rows: float = 1.0) -> float | None:
    """Seconds at `rates` (FLOP/s of each kind). None while a rate is not known."""
    if not flops.keys() <= rates.keys():
        return None
    return num_rows * sum(count / rates[kind] for kind, count in flops.items())


def _count(call: Callable[[], Any]) -> Flops:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    flops: Flops = {}
    for operation, count in counter.get_flop_counts()["Global"].items():
        name = str(operation).removeprefix("aten.").split(".")[0]
        kind = "attention" if "attention" in name else _KINDS[name]
        flops[kind] = flops.get(kind, 0.0) + count
    return flops


def _pixels_per_latent(architecture: Architecture) -> int:
    levels = architecture.vae["up_block_types"]
    assert isinstance(levels, tuple)
    return int(2 ** (len(levels) - 1))
