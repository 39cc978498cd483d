"""Files that are there whole or not at all, also after the machine has stopped in the middle."""

import hashlib
import os
from pathlib import Path

from deployments.errors import InvalidRequest
from deployments.model_folder import FileDigest

_CHUNK_BYTES = 1 << 20


def write_whole(path: Path, content: bytes) -> None:
    """In place of what is there, in one move."""
    partial = path.with_name(f".{path.name}")
    write_new(partial, content)
    partial.replace(path)
    sync_folder(path.parent)


def write_new(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def copy_new(source: Path, path: Path, max_bytes: int) -> FileDigest:
    """Raises InvalidRequest for another ending than `path` has, for what does not read, and for what is larger."""
    if source.suffix != path.suffix:
        raise InvalidRequest(f"{source.name}: only {path.suffix} is taken", "unsupported_model_format", "file")
    sha256, size_bytes = hashlib.sha256(), 0
    try:
        with source.open("rb") as read, path.open("wb") as written:
            while chunk := read.read(_CHUNK_BYTES):
                size_bytes += len(chunk)
                if size_bytes > max_bytes:
                    raise InvalidRequest(f"{source.name} has over {max_bytes} bytes", "file_too_large", "file")
                sha256.update(chunk)
                written.write(chunk)
            written.flush()
            os.fsync(written.fileno())
    except OSError as error:
        raise InvalidRequest(f"{source} does not read: {error.strerror}", "file_not_found", "file") from error
    return FileDigest(size_bytes=size_bytes, sha256=sha256.hexdigest())


def sync_folder(folder: Path) -> None:
    """After it a name that was moved there stays there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
