"""A base model's own parts as the first versions of their names, so that there is one to go back to."""

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from safetensors.torch import load_file, save_file

from deployments.engine.unet_files import base_files
from deployments.engine.weight_files import sha256_of
from deployments.errors import InvalidRequest, NotFound
from deployments.model_folder import FileDigest, ModelManifest
from deployments.registry.names import VersionKind, parts_of, split_id
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import WEIGHTS_FILES, AdapterManifest
from deployments.specs import PROFILES


def own_versions(base: ModelManifest) -> dict[str, str]:
    """By name, the ids of its own parts: under the model's own version."""
    _, version = split_id(base.version)
    return {name: f"{name}@{version}" for name in parts_of(base.name)}


def own_files(kind: VersionKind, model_folder: Path, base: ModelManifest) -> list[Path]:
    """Raises ModelFolderError, or InvalidRequest for a model that comes without."""
    if kind == "unet":
        return base_files(model_folder)
    spec = PROFILES.get(base.name)
    path = model_folder / spec.references.adapter if spec else None
    if path is None or not path.is_file():
        raise InvalidRequest(f"{base.version} has no reference adapter", "reference_incompatible", "name")
    return [path]


def made_for(kind: VersionKind, base: ModelManifest) -> dict[str, FileDigest]:
    """The model's files that a version of that kind is bound to."""
    spec = PROFILES.get(base.name)
    if kind != "reference" or spec is None:
        return base.unet_files
    encoder = f"{spec.references.encoder}/"
    return base.unet_files | {name: digest for name, digest in base.files.items() if name.startswith(encoder)}


def add_base(registry: AdapterRegistry, name: str, model_folder: Path, base: ModelManifest) -> None:
    """A copy of what it has of that name; live unless another is. Once there, it changes nothing."""
    own = own_versions(base)[name]
    try:
        registry.read(own)
    except NotFound:
        _add(registry, own, model_folder, base)
    if registry.stages(name).live is None:
        registry.promote(own)


def _add(registry: AdapterRegistry, version_id: str, model_folder: Path, base: ModelManifest) -> None:
    name, version = split_id(version_id)
    kind = parts_of(base.name)[name]
    with registry.staging() as staged:
        path = staged / WEIGHTS_FILES[kind]
        _write_as_one(own_files(kind, model_folder, base), path)
        digest = FileDigest(size_bytes=path.stat().st_size, sha256=sha256_of(path))
        manifest = AdapterManifest(
            kind=kind, name=name, version=version, published_at=datetime.now(UTC), title="the base model's", license="",
            trigger="", rank=0, base=base.version, base_unet=made_for(kind, base), files={path.name: digest},
        )  # fmt: skip
        registry.add(staged, manifest)


def _write_as_one(files: Sequence[Path], path: Path) -> None:
    if len(files) == 1:
        shutil.copyfile(files[0], path)
    else:
        save_file({key: value for file in files for key, value in load_file(file).items()}, path)
    with path.open("rb") as file:
        os.fsync(file.fileno())
