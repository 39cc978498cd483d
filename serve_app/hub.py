"""Fetches a profile's weights from a Hugging Face hub into the model store: named files only, verified, resumable."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol, Self

import httpx2
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.file_download import http_get

from deployments.errors import EmblemError
from deployments.model_folder import MANIFEST, ModelManifest, write_manifest

SAFE_SUFFIXES = frozenset({".json", ".safetensors", ".txt"})  # nothing whose loading runs code

_PARTIALS = ".partial"  # by hash, so that a download never goes on from the bytes of another revision
_FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, OSError, json.JSONDecodeError)


class HubError(EmblemError):
    """The weights could not be fetched as a whole; there is no manifest then, unless the model was complete before."""


class Progress(Protocol):
    """Of the whole pull. `advance` gets a negative number when a server makes us take back what it sent before."""

    def start(self, total_bytes: int) -> None: ...
    def advance(self, num_bytes: int) -> None: ...


@dataclass(frozen=True)
class HubSource:
    """Exactly these files of a repository, each with its place in the model folder: the listing cannot add any."""

    repo_id: str
    revision: str  # a commit; of a branch or tag, the manifest records the commit that it meant
    files: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in self.files:
            if PurePosixPath(name).suffix not in SAFE_SUFFIXES:
                raise ValueError(f"only {', '.join(sorted(SAFE_SUFFIXES))} are pulled, got {name}")


def _as_published(*names: str, below: str = "") -> dict[str, str]:
    return {name: below + name for name in names}


_TOKENIZER = ("merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json")

SDXL_SOURCES = (
    HubSource(
        "stabilityai/stable-diffusion-xl-base-1.0",
        "462165984030d82259a11f4367a4eed129e94a7b",
        _as_published(
            "model_index.json",
            "scheduler/scheduler_config.json",
            *(f"tokenizer/{name}" for name in _TOKENIZER),
            *(f"tokenizer_2/{name}" for name in _TOKENIZER),
            "text_encoder/config.json",
            "text_encoder/model.fp16.safetensors",
            "text_encoder_2/config.json",
            "text_encoder_2/model.fp16.safetensors",
            "unet/config.json",
            "unet/diffusion_pytorch_model.fp16.safetensors",
        ),
    ),
    # Stands in for the base's own autoencoder, which overflows in half precision; hence the name of the fp16 variant.
    HubSource(
        "madebyollin/sdxl-vae-fp16-fix",
        "207b116dae70ace3637169f1ddd2434b91b3a8cd",
        {
            "config.json": "vae/config.json",
            "diffusion_pytorch_model.safetensors": "vae/diffusion_pytorch_model.fp16.safetensors",
        },
    ),
    HubSource(
        "h94/IP-Adapter",
        "018e402774aeeddd60609b4ecdb7e298259dc729",
        _as_published(
            "sdxl_models/ip-adapter_sdxl_vit-h.safetensors",
            "sdxl_models/ip-adapter-plus_sdxl_vit-h.safetensors",
            "models/image_encoder/config.json",
            "models/image_encoder/model.safetensors",
            below="ip_adapter/",
        ),
    ),
)


@dataclass(frozen=True)
class _File:
    origin: str  # `<repository>@<commit>`
    name: str
    url: str
    size_bytes: int
    digest: str
    is_lfs: bool
    target: Path
    partial: Path

    def digest_of(self, path: Path) -> str:
        """The hash that the hub lists: SHA-256 of what lies in LFS, git's SHA-1 of a blob otherwise."""
        blob = hashlib.sha1(f"blob {path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            return hashlib.file_digest(file, hashlib.sha256 if self.is_lfs else lambda: blob).hexdigest()

    def is_complete(self) -> bool:
        return self.target.is_file() and self.digest_of(self.target) == self.digest

    def missing_bytes(self) -> int:
        return self.size_bytes - (self.partial.stat().st_size if self.partial.exists() else 0)


def pull(
    sources: Sequence[HubSource],
    models_dir: Path,
    profile_name: str,
    endpoint: str,
    token: str | None,
    progress: Progress,
) -> ModelManifest:
    """Goes on where an earlier pull stopped; what is there and intact isn't fetched again. The manifest comes last.

    Plain HTTP with Range requests. `hf_hub_download` would begin each file anew after a kill (huggingface_hub#4196).
    """
    folder = models_dir / profile_name
    api = HfApi(endpoint, token=token or False)  # None would mean: look for one on this machine
    try:
        files = [file for source in sources for file in _listed(source, api, folder)]
        _fetch_missing(files, folder, token, progress)
    except _FAILURES as error:
        raise HubError(
            f"pulling {profile_name} from {endpoint} stopped (again, it goes on from there): {error}"
        ) from error
    origins = dict.fromkeys(file.origin for file in files)
    return write_manifest(folder, name=profile_name, weights="trained", source=" + ".join(origins))


def _listed(source: HubSource, api: HfApi, folder: Path) -> Iterator[_File]:
    info = api.model_info(source.repo_id, revision=source.revision, files_metadata=True)
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    for name, place in source.files.items():
        sibling = siblings.get(name)
        if not (info.sha and sibling and sibling.size is not None and sibling.blob_id):
            raise HubError(f"{source.repo_id}@{source.revision} lists no {name} with its size and hash")
        digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
        yield _File(
            origin=f"{source.repo_id}@{info.sha}",
            name=name,
            url=hf_hub_url(source.repo_id, name, revision=info.sha, endpoint=api.endpoint),
            size_bytes=sibling.lfs.size if sibling.lfs else sibling.size,
            digest=digest,
            is_lfs=sibling.lfs is not None,
            target=folder / place,
            partial=folder / _PARTIALS / digest,
        )


def _fetch_missing(files: Sequence[_File], folder: Path, token: str | None, progress: Progress) -> None:
    (folder / _PARTIALS).mkdir(parents=True, exist_ok=True)
    progress.start(sum(file.size_bytes for file in files))
    missing = []
    for file in files:
        if file.is_complete():
            progress.advance(file.size_bytes)
        else:
            missing.append(file)
    needed_bytes, free_bytes = sum(file.missing_bytes() for file in missing), shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise HubError(f"{folder} needs {needed_bytes / 1e9:.1f} GB more, its disk has {free_bytes / 1e9:.1f} GB free")
    if missing:
        (folder / MANIFEST).unlink(missing_ok=True)
    for file in missing:
        _fetch(file, token, progress)
    shutil.rmtree(folder / _PARTIALS)


def _fetch(file: _File, token: str | None, progress: Progress) -> None:
    """A cut connection is taken up again by the library: five times without a new byte, and it gives up."""
    headers = {"accept-encoding": "identity"}  # compressed, a Range would count other bytes than ours
    if token:
        headers["authorization"] = f"Bearer {token}"
    with file.partial.open("ab") as partial:
        if partial.tell() < file.size_bytes:
            http_get(
                file.url, partial, resume_size=partial.tell(), headers=headers,
                expected_size=file.size_bytes, displayed_filename=file.name, tqdm_class=_bar_class(progress),
            )  # fmt: skip
        else:
            progress.advance(file.size_bytes)
        partial.flush()
        os.fsync(partial.fileno())
    got = file.digest_of(file.partial)
    if got != file.digest:
        file.partial.unlink()
        raise HubError(f"{file.origin}: {file.name} came with the hash {got}, expected {file.digest}; it was deleted")
    file.target.parent.mkdir(parents=True, exist_ok=True)
    file.partial.replace(file.target)


def _bar_class(progress: Progress) -> type:
    """What `http_get` takes for tqdm's class: as much of it as it uses, in front of `progress`."""

    class Bar:
        def __init__(self, initial: int, **_: object) -> None:
            progress.advance(initial)  # what an earlier pull had left

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

        def update(self, num_bytes: int) -> None:
            progress.advance(num_bytes)

    return Bar
