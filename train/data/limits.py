"""What a data set may be, and the error for one that is not."""

from dataclasses import dataclass

from deployments.errors import EmblemError


class DataSetError(EmblemError):
    """The data set must be changed; the message names the entry and the value that does not fit."""


@dataclass(frozen=True)
class Limits:
    max_entries: int = 4_000  # of pictures, captions and folders together
    max_entry_bytes: int = 32 << 20
    max_total_bytes: int = 2 << 30  # as they are read, whatever an archive claims
    max_ratio: int = 100  # of an entry's bytes to its compressed ones
    max_name_bytes: int = 200
    max_depth: int = 3
    max_pixels: int = 32_000_000  # of one picture
    min_side_px: int = 16
    max_aspect: float = 8.0
    min_pictures: int = 5
    max_pictures: int = 2_000
    max_caption_chars: int = 2_000
