"""What an uploaded image may be, and what decoding one may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageLimits:
    max_bytes: int = 20 * 1024 * 1024
    min_side_px: int = 64
    max_side_px: int = 8192
    max_pixels: int = 32_000_000
    max_aspect: float = 8.0  # the longer side over the shorter
    decode_s: float = 10.0  # by the clock and of the processor, each
    decode_memory_bytes: int = 1536 * 1024 * 1024
    max_png_bytes: int = 256 * 1024 * 1024  # cleaned; far above what `max_pixels` come to
