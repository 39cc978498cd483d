"""A model folder: diffusers' layout, and a `manifest.json`, written last, that says what belongs to it."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from deployments.errors import ModelFolderError
from deployments.schemas import Weights

MANIFEST = "manifest.json"

# Formats whose loading runs code from the file; none may lie in a model folder.
PICKLED_SUFFIXES = frozenset({".bin", ".ckpt", ".pkl", ".pt", ".pth"})

_CHUNK_BYTES = 1 << 20


class FileDigest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    size_bytes: int
    sha256: str


class ModelManifest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str  # `<name>@<first 8 hex digits over all digests>`: other weights, other version
    weights: Weights
    source: str
    files: dict[str, FileDigest]  # by path relative to the folder, with forward slashes

    @property
    def unet_files(self) -> dict[str, FileDigest]:
        """What an adapter is trained on, and therefore bound to."""
        return {name: digest for name, digest in self.files.items() if name.startswith("unet/")}

    @property
    def size_bytes(self) -> int:
        return sum(digest.size_bytes for digest in self.files.values())


def write_manifest(folder: Path, *, name: str, weights: Weights, source: str) -> ModelManifest:
    """Hashes every file below `folder` and writes the manifest whole: where there is one, the model is complete."""
    files = {path.relative_to(folder).as_posix(): _digest(path) for path in _files(folder)}
    together = hashlib.sha256("".join(digest.sha256 for digest in files.values()).encode()).hexdigest()
    manifest = ModelManifest(name=name, version=f"{name}@{together[:8]}", weights=weights, source=source, files=files)
    partial = folder / f".{MANIFEST}"
    with partial.open("w") as file:
        file.write(manifest.model_dump_json(indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / MANIFEST)
    return manifest


def read_manifest(folder: Path) -> ModelManifest:
    """Raises ModelFolderError, which says how to get the model, when there is none or it is incomplete."""
    try:
        return ModelManifest.model_validate_json((folder / MANIFEST).read_text())
    except FileNotFoundError as error:
        raise ModelFolderError(f"no complete model in {folder}: {_remedy(folder)}") from error
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise ModelFolderError(f"{folder / MANIFEST} does not read ({reason}): {_remedy(folder)}") from error


def verify(folder: Path, on_progress: Callable[[int], None] = lambda _: None) -> list[str]:
    """Compares every file with the manifest; returns what is wrong. `on_progress` gets the bytes of each chunk read."""
    manifest = read_manifest(folder)
    pickles = [path.relative_to(folder) for path in _files(folder) if path.suffix in PICKLED_SUFFIXES]
    problems = [f"{path.as_posix()} is a pickle" for path in pickles]
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            problems.append(f"{name} is missing")
        elif path.stat().st_size != expected.size_bytes:
            problems.append(f"{name} has {path.stat().st_size} bytes, not {expected.size_bytes}")
        elif _digest(path, on_progress) != expected:
            problems.append(f"{name} has other content than when it was put there")
    return problems


def _files(folder: Path) -> Iterator[Path]:
    """Every file in a fixed order, without the manifest and what begins with a dot (a download's own notes)."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts != (MANIFEST,) and not any(part.startswith(".") for part in parts):
            yield path


def _digest(path: Path, on_progress: Callable[[int], None] = lambda _: None) -> FileDigest:
    sha256, size_bytes = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            sha256.update(chunk)
            size_bytes += len(chunk)
            on_progress(len(chunk))
    return FileDigest(size_bytes=size_bytes, sha256=sha256.hexdigest())


def _remedy(folder: Path) -> str:
    if folder.name == "starter":
        return "run 'make run', which copies it from models/starter"
    return f"run 'emblem models pull {folder.name}'"
