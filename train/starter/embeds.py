"""Pictures as the image encoder sees them."""

from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch.nn import functional as F
from transformers import CLIPVisionModelWithProjection
from transformers.utils.constants import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from train.starter.cache import Bucket, fingerprint


def write_embeds(buckets: list[Bucket], folder: Path, device: torch.device, picture: str = "pixels") -> str:
    """Of each bucket's pictures, by the image encoder in `folder`; returns the column's name."""
    column = f"{picture}-embeds-{fingerprint(folder)}"
    encoder = CLIPVisionModelWithProjection.from_pretrained(folder, dtype=torch.float32).eval().to(device)
    for bucket in buckets:
        bucket.write_column(column, partial(_embed, encoder, bucket.pixels(picture)))
    return column


@torch.inference_mode()
def _embed(encoder: CLIPVisionModelWithProjection, pictures_NHWC: np.ndarray, rows: slice) -> torch.Tensor:
    """[N, P] of some rows."""
    pixels_N3SS = clip_pixels(pictures_NHWC, cast(int, encoder.config.image_size), encoder.device, rows)
    embeds: torch.Tensor = encoder(pixels_N3SS).image_embeds
    return embeds


def clip_pixels(pictures_NHWC: np.ndarray, size_px: int, device: torch.device, rows: slice) -> torch.Tensor:
    """[N, 3, S, S] of some rows: `deployments.engine.references.to_clip_pixels` to within a rounding, all at once."""
    pixels_NCHW = torch.from_numpy(pictures_NHWC[rows]).to(device).permute(0, 3, 1, 2).float()
    height, width = pixels_NCHW.shape[2:]
    scale = size_px / min(height, width)
    size = (int(scale * height), int(scale * width))
    resized_NCHW = F.interpolate(pixels_NCHW, size, mode="bicubic", antialias=True).round().clamp(0, 255)
    top, left = (size[0] - size_px) // 2, (size[1] - size_px) // 2
    square_N3SS = resized_NCHW[:, :, top : top + size_px, left : left + size_px] / 255
    mean, std = (torch.tensor(values, device=device).view(3, 1, 1) for values in (OPENAI_CLIP_MEAN, OPENAI_CLIP_STD))
    return (square_N3SS - mean) / std
