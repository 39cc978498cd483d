"""Pixels to the bytes of an image file."""

import io
import math

import numpy as np
from PIL import Image

from deployments.schemas import OutputFormat

MEDIA_TYPES: dict[OutputFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}

MAX_PREVIEW_PX = 512


def encode_image(pixels_HWC: np.ndarray, output_format: OutputFormat, quality: int) -> bytes:
    """`pixels_HWC` is RGB, uint8; `quality` (1..100) counts for JPEG and WebP only."""
    buffer = io.BytesIO()
    options = {} if output_format == "png" else {"quality": quality}
    Image.fromarray(pixels_HWC).save(buffer, format=output_format, **options)
    return buffer.getvalue()


def preview_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Of an image's preview: its own size, or a whole fraction of it."""
    shrink = max(1, math.ceil(max(width_px, height_px) / MAX_PREVIEW_PX))
    return width_px // shrink, height_px // shrink


def encode_preview(pixels_HWC: np.ndarray, width_px: int, height_px: int) -> bytes:
    """A small picture made large, smoothly; PNG."""
    buffer = io.BytesIO()
    large = Image.fromarray(pixels_HWC).resize((width_px, height_px), Image.Resampling.BICUBIC)
    large.save(buffer, format="png", compress_level=1)
    return buffer.getvalue()
