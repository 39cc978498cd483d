"""An uploaded data set at the door: kept as it is, and opened by nobody here. Its rules are training's."""

import hashlib
from dataclasses import dataclass
from typing import IO

from deployments.errors import InvalidRequest
from serve_app.intake.multipart import LargerFile

MAX_DATA_SET_BYTES = 512 * 1024 * 1024
DATA_SET = LargerFile("purpose", "dataset", MAX_DATA_SET_BYTES)

_DECLARED = ("", "application/octet-stream", "application/zip", "application/x-zip-compressed")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class DataSetUpload:
    filename: str  # as its sender calls it; never part of a path
    file: IO[bytes]
    size_bytes: int
    sha256: str


def open_upload(filename: str, media_type: str, file: IO[bytes]) -> DataSetUpload:
    """Blocks: reads it once. Raises InvalidRequest for what is no zip archive, or has nothing in it."""
    declared = media_type.partition(";")[0].strip().lower()
    if declared not in _DECLARED:
        raise InvalidRequest(f"a zip archive is wanted, got {declared[:80]!r}", "unsupported_media_type")
    file.seek(0)
    begins = file.read(4)
    if not begins:
        raise InvalidRequest("the file has 0 bytes", "empty_file")
    if begins == b"PK\x05\x06":
        raise InvalidRequest("the archive has no files", "empty_dataset")
    if begins != b"PK\x03\x04":
        raise InvalidRequest(f"no zip archive: it begins with {begins!r}", "unsupported_archive")
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    size_bytes = file.tell()
    file.seek(0)
    return DataSetUpload(filename, file, size_bytes, digest.hexdigest())
