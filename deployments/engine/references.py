"""Reference images: from pixels to an IP-Adapter's tokens, and which rows of a UNet call see which of them how much.

Shapes: T image tokens, D text width, G attention groups, S rows of a batch, H×W latents, Q queries.
"""

import hashlib
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import adaptive_avg_pool2d
from transformers import CLIPVisionModelWithProjection

from deployments.engine.attention import ReferenceBatch
from deployments.engine.ip_adapter import ImageAdapter
from deployments.errors import ModelFolderError

# Of CLIP's training images (https://github.com/openai/CLIP).
_PIXEL_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
_PIXEL_STD = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


def load_image_encoder(folder: Path, device: torch.device, dtype: torch.dtype) -> CLIPVisionModelWithProjection:
    """Raises ModelFolderError when the folder does not hold all of a CLIP vision encoder, as safetensors."""
    try:
        loaded: Any = CLIPVisionModelWithProjection.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, dtype=dtype, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFolderError(f"the image encoder {folder} does not load: {error}") from error
    encoder, info = loaded
    if info["missing_keys"]:
        raise ModelFolderError(f"the image encoder {folder} lacks {min(info['missing_keys'])}")
    return cast(CLIPVisionModelWithProjection, encoder.to(device).eval())


class ReferenceEncoder:
    """Pixels to one adapter's tokens [T, D]; remembers the last `capacity` images by their content."""

    def __init__(self, adapter: ImageAdapter, encoder: CLIPVisionModelWithProjection, capacity: int = 64) -> None:
        config = encoder.config
        width = config.hidden_size if adapter.image_proj.sees_patches else config.projection_dim
        if width != adapter.image_proj.width_in:
            raise ModelFolderError(
                f"the IP-Adapter wants an encoder of width {adapter.image_proj.width_in}, not {width}"
            )
        self.adapter = adapter
        self._encoder = encoder
        self._size_px = cast(int, config.image_size)
        self._capacity = capacity
        self._cache: OrderedDict[str, torch.Tensor] = OrderedDict()

    def beside(self, adapter: ImageAdapter) -> "ReferenceEncoder":
        """Another adapter after the same image encoder."""
        return ReferenceEncoder(adapter, self._encoder, self._capacity)

    def encode_reference(self, pixels_HWC: np.ndarray) -> torch.Tensor:
        """Pixels are RGB, uint8, of any size; only the centre square is seen."""
        key = hashlib.sha256(repr(pixels_HWC.shape).encode() + pixels_HWC.tobytes()).hexdigest()
        if key not in self._cache:
            pixels_CHW = to_clip_pixels(pixels_HWC, self._size_px)
            self._cache[key] = self._project(self._embed(pixels_CHW))
            if len(self._cache) > self._capacity:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return self._cache[key]

    @cached_property
    def negative_tokens(self) -> torch.Tensor:
        """What a negative row sees: the base adapter a zero embedding, Plus an image of zeros (as diffusers does)."""
        projection, encoder = self.adapter.image_proj, self._encoder
        if projection.sees_patches:
            return self._project(self._embed(torch.zeros(3, self._size_px, self._size_px)))
        return self._project(torch.zeros(1, projection.width_in, device=encoder.device, dtype=encoder.dtype))

    @torch.inference_mode()
    def _embed(self, pixels_CHW: torch.Tensor) -> torch.Tensor:
        output = self._encoder(
            pixels_CHW[None].to(self._encoder.device, self._encoder.dtype),
            output_hidden_states=self.adapter.image_proj.sees_patches,
        )
        embedding: torch.Tensor = (
            output.hidden_states[-2] if self.adapter.image_proj.sees_patches else output.image_embeds
        )
        return embedding

    @torch.inference_mode()
    def _project(self, embedding: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.adapter.image_proj(embedding)[0]
        return tokens


def to_clip_pixels(pixels_HWC: np.ndarray, size: int) -> torch.Tensor:
    """The centre square at `size`, normalised [3, size, size]; transformers' own (fast) processor needs torchvision."""
    height, width = pixels_HWC.shape[:2]
    short = min(height, width)
    resized = Image.fromarray(pixels_HWC).resize(
        (int(size * width / short), int(size * height / short)), Image.Resampling.BICUBIC
    )
    left, top = (resized.width - size) // 2, (resized.height - size) // 2
    square = np.asarray(resized.crop((left, top, left + size, top + size)), dtype=np.float32) / 255
    return torch.from_numpy((square - _PIXEL_MEAN) / _PIXEL_STD).permute(2, 0, 1)


@dataclass(frozen=True, eq=False)
class ReferenceUse:
    """One reference image of one request."""

    adapter: ImageAdapter
    tokens_positive: torch.Tensor  # [T, D]
    tokens_negative: torch.Tensor
    weight: float
    gates: tuple[float, ...]  # by attention group, multiplied with the weight
    mask: torch.Tensor | None = None  # [H, W], 0..1: where in the picture the image is heard
    start_fraction: float = 0.0  # of the steps
    end_fraction: float = 1.0

    @cached_property
    def mask_by_queries(self) -> dict[int, torch.Tensor]:
        return {} if self.mask is None else {n: mask[0] for n, mask in pool_to_queries(self.mask[None]).items()}


@dataclass(frozen=True)
class ReferenceRow:
    """What one row of a UNet call sees."""

    uses: Sequence[ReferenceUse]
    is_negative: bool
    progress: float  # the share of the steps that is done, 0..1


def batch_references(rows: Sequence[ReferenceRow]) -> tuple[ReferenceBatch, ...]:
    """A batch of each adapter's first image in a row, one of its second …; `rows` are all rows of the call, in order.

    An image is heard from `start_fraction` to just before `end_fraction`; outside, and at weight 0, it costs nothing.
    """
    batches: dict[tuple[ImageAdapter, int], list[tuple[int, ReferenceUse]]] = defaultdict(list)
    for index, row in enumerate(rows):
        num_seen: Counter[ImageAdapter] = Counter()
        for use in row.uses:
            if use.weight != 0.0 and use.start_fraction <= row.progress < use.end_fraction:
                batches[use.adapter, num_seen[use.adapter]].append((index, use))
                num_seen[use.adapter] += 1
    return tuple(_batch(adapter, rows, members) for (adapter, _), members in batches.items())


def _batch(
    adapter: ImageAdapter, rows: Sequence[ReferenceRow], members: Sequence[tuple[int, ReferenceUse]]
) -> ReferenceBatch:
    uses = [use for _, use in members]
    tokens_STD = torch.stack(
        [use.tokens_negative if rows[i].is_negative else use.tokens_positive for i, use in members]
    )
    gates_GS = [list(gates) for gates in zip(*([use.weight * gate for gate in use.gates] for use in uses), strict=True)]
    return ReferenceBatch(
        to_k=adapter.to_k,
        to_v=adapter.to_v,
        rows=torch.tensor([index for index, _ in members], device=tokens_STD.device),
        tokens_STD=tokens_STD,
        gates_GS=torch.tensor(gates_GS, device=tokens_STD.device, dtype=tokens_STD.dtype),
        active_groups=frozenset(group for group, gates in enumerate(gates_GS) if any(gates)),
        masks=_masks(uses, tokens_STD),
    )


def _masks(uses: Sequence[ReferenceUse], like: torch.Tensor) -> dict[int, torch.Tensor]:
    """Whole where an image has no mask; nothing when none has."""
    sizes = {num_queries for use in uses for num_queries in use.mask_by_queries}
    everywhere = {num_queries: like.new_ones(num_queries) for num_queries in sizes}
    return {
        num_queries: torch.stack([use.mask_by_queries.get(num_queries, ones).to(like) for use in uses])
        for num_queries, ones in everywhere.items()
    }


def pool_to_queries(masks_NHW: torch.Tensor) -> dict[int, torch.Tensor]:
    """Masks at each resolution that a UNet may attend at, by area: {Q: [N, Q]}. H×W is the latents' size."""
    height, width = masks_NHW.shape[1:]
    pooled = {}
    while height * width > 1:
        pooled[height * width] = adaptive_avg_pool2d(masks_NHW[:, None], (height, width)).flatten(1)
        height, width = -(-height // 2), -(-width // 2)  # the UNet's downsampling rounds up
    return pooled
