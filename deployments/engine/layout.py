"""Regional prompts: which words each part of the image may listen to.

A row's text is its base prompt's tokens, then each region's, under one softmax. An additive bias, the logarithm of a
weight, says how loud each token is at each place: a region's weight where it lies, the base prompt's the rest up to 1.
Every place hears the base prompt, if only a little, so no query is left without a key. SDXL hears a pooled vector
besides, at all places alike: it is mixed of the prompts', by the share of the image that hears each.

Shapes: H×W latents, Q queries (places) of an attention layer, L tokens of one prompt, K tokens of a row, D text width,
P pooled, R rows.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from diffusers import UNet2DConditionModel
from torch.nn import functional as F

from deployments.engine.text import EncodedPrompt

SILENT = -1e4  # a softmax's exp() makes it exactly zero, and float16 can hold it
LEAST_BASE_WEIGHT = 0.01  # also where regions lie upon each other
KEY_MULTIPLE = 8  # fused attention kernels want a bias whose rows are aligned

GridSize = tuple[int, int]  # (height, width)


@dataclass(frozen=True)
class Box:
    """Edges as shares of the image: x from 0 (left) to 1, y from 0 (top) to 1."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(f"a box must lie within 0..1 and have an area, got {self}")


@dataclass(frozen=True, eq=False)  # tensors do not compare
class Region:
    prompt: EncodedPrompt
    mask_HW: torch.Tensor  # 0..1, at the latents' size
    weight: float = 0.5  # of its words where the mask is 1; the base prompt's have the rest
    release_fraction: float = 0.7  # of the steps; after it only the base prompt speaks, so that seams heal


@dataclass(frozen=True, eq=False)  # tensors do not compare
class RowText:
    """What one row of the UNet attends to. No bias for a number of queries: every token is heard in full."""

    tokens_KD: torch.Tensor
    pooled_P: torch.Tensor
    bias_QK: Mapping[int, torch.Tensor] = field(default_factory=dict)  # by Q


@dataclass(frozen=True, eq=False)  # tensors do not compare
class RegionalPrompt:
    base: EncodedPrompt
    regions: tuple[Region, ...]


def whole_text(prompt: EncodedPrompt) -> RowText:
    """Of a prompt that all places hear in full."""
    return RowText(prompt.tokens_LD, prompt.pooled_P)


def box_mask(box: Box, latent_size: GridSize) -> torch.Tensor:
    """Returns [H, W]: the share of each latent pixel that the box covers, so that no box is too small to be seen."""
    height, width = latent_size
    return torch.outer(_coverage(box.top, box.bottom, height), _coverage(box.left, box.right, width))


def _coverage(start: float, end: float, num_cells: int) -> torch.Tensor:
    edge = torch.arange(num_cells, dtype=torch.float32)
    return (torch.clamp(edge + 1, max=end * num_cells) - torch.clamp(edge, min=start * num_cells)).clamp(0, 1)


def query_sizes(unet: UNet2DConditionModel, latent_size: GridSize) -> list[GridSize]:
    """The grids on which this UNet attends: latents halved, rounding up, once for each level above."""
    last_level = len(unet.config.block_out_channels) - 1
    levels = sorted({level_of(name, last_level) for name in unet.attn_processors})
    return [(math.ceil(latent_size[0] / 2**level), math.ceil(latent_size[1] / 2**level)) for level in levels]


def level_of(attention_name: str, last_level: int) -> int:
    stage, index, *_ = attention_name.split(".")
    if stage == "down_blocks":
        return int(index)
    return last_level - int(index) if stage == "up_blocks" else last_level  # the middle


def pool_mask(mask_HW: torch.Tensor, query_size: GridSize) -> torch.Tensor:
    """Returns [Q]: averages, unless that would leave less than half of the mask's peak anywhere; then maxima."""
    mean = F.adaptive_avg_pool2d(mask_HW[None], query_size)
    is_lost = mean.max() < mask_HW.max() / 2
    return (F.adaptive_max_pool2d(mask_HW[None], query_size) if is_lost else mean).flatten()


def region_text(base: EncodedPrompt, regions: Sequence[Region]) -> torch.Tensor:
    """Returns [K, D]: the base prompt's tokens, then each region's."""
    return torch.cat([base.tokens_LD, *(region.prompt.tokens_LD for region in regions)])


def region_bias(base: EncodedPrompt, regions: Sequence[Region], query_size: GridSize) -> torch.Tensor:
    """Returns [Q, K] of log weights: a region's times its mask, and what they leave of 1 for the base prompt."""
    weights = [region.weight * pool_mask(region.mask_HW, query_size) for region in regions]
    base_weight_Q = (1 - torch.stack(weights).sum(0)).clamp(min=LEAST_BASE_WEIGHT)
    texts = [base, *(region.prompt for region in regions)]
    columns = [
        weight_Q.log().clamp(min=SILENT)[:, None].expand(-1, len(text.tokens_LD))
        for weight_Q, text in zip([base_weight_Q, *weights], texts, strict=True)
    ]
    return torch.cat(columns, dim=1)


def region_pooled(base: EncodedPrompt, regions: Sequence[Region]) -> torch.Tensor:
    """Returns [P], mixed of T prompts'."""
    heard = torch.tensor([region.weight * region.mask_HW.mean() for region in regions])
    shares = torch.cat([(1 - heard.sum(0, keepdim=True)).clamp(min=LEAST_BASE_WEIGHT), heard])
    pooled_TP = torch.stack([base.pooled_P, *(region.prompt.pooled_P for region in regions)])
    return ((shares / shares.sum()).to(pooled_TP.device) @ pooled_TP.float()).to(pooled_TP.dtype)


class RegionalText:
    """A prompt with regions over the steps of one image; what it hands out is made anew only on a release."""

    def __init__(self, prompt: RegionalPrompt, query_sizes: Sequence[GridSize]) -> None:
        self._prompt = prompt
        self._query_sizes = query_sizes
        self._live: tuple[Region, ...] = ()
        self._row = whole_text(prompt.base)

    def at(self, step_fraction: float) -> RowText:
        """The row at a share 0..1 of its steps. A released region's tokens are left out: silence at no cost."""
        live = tuple(region for region in self._prompt.regions if step_fraction < region.release_fraction)
        if live != self._live:
            self._live, self._row = live, self._make_row(live)
        return self._row

    def _make_row(self, live: tuple[Region, ...]) -> RowText:
        base = self._prompt.base
        if not live:
            return whole_text(base)
        bias_QK = {size[0] * size[1]: region_bias(base, live, size).to(base.tokens_LD) for size in self._query_sizes}
        return RowText(region_text(base, live), region_pooled(base, live), bias_QK)


def text_batch(
    rows: Sequence[RowText], query_sizes: Sequence[GridSize]
) -> tuple[torch.Tensor, dict[int, torch.Tensor]]:
    """Returns tokens [R, K, D] and an additive bias {Q: [R, 1, Q, K]}, both of the tokens' type and device.

    Rows as long as each other and without a bias need neither padding nor bias: the mapping is empty, K theirs.
    """
    lengths = [len(row.tokens_KD) for row in rows]
    if len(set(lengths)) == 1 and not any(row.bias_QK for row in rows):
        return torch.stack([row.tokens_KD for row in rows]), {}
    num_keys = math.ceil(max(lengths) / KEY_MULTIPLE) * KEY_MULTIPLE
    tokens_RKD = torch.stack([F.pad(row.tokens_KD, (0, 0, 0, num_keys - len(row.tokens_KD))) for row in rows])
    bias = {}
    for num_queries in (height * width for height, width in query_sizes):
        bias_R1QK = tokens_RKD.new_full((len(rows), 1, num_queries, num_keys), SILENT)
        for row, length, bias_1QK in zip(rows, lengths, bias_R1QK, strict=True):
            bias_1QK[0, :, :length] = row.bias_QK.get(num_queries, 0.0)
        bias[num_queries] = bias_R1QK
    return tokens_RKD, bias
