"""Files that are there whole or not at all, also after the machine has stopped in the middle."""

import os
from pathlib import Path


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


def sync_folder(folder: Path) -> None:
    """After it a name that was moved there stays there."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
