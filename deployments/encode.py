"""Pixels to the bytes of an image file."""

import io

import numpy as np
from PIL import Image

from deployments.schemas import OutputFormat

MEDIA_TYPES: dict[OutputFormat, str] = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def encode_image(pixels_HWC: np.ndarray, output_format: OutputFormat, quality: int) -> bytes:
    """`pixels_HWC` is RGB, uint8; `quality` (1..100) counts for JPEG and WebP only."""
    buffer = io.BytesIO()
    options = {} if output_format == "png" else {"quality": quality}
    Image.fromarray(pixels_HWC).save(buffer, format=output_format, **options)
    return buffer.getvalue()
