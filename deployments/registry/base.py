"""A base model's own UNet as the first version of its name, so that there is one to go back to."""

import os
from datetime import UTC, datetime
from pathlib import Path

from safetensors.torch import load_file, save_file

from deployments.engine.unet_files import base_files, sha256_of
from deployments.errors import NotFound
from deployments.model_folder import FileDigest, ModelManifest
from deployments.registry.names import split_id
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import UNET_FILE, AdapterManifest


def add_base(registry: AdapterRegistry, model_folder: Path, base: ModelManifest) -> None:
    """A copy, under the model's own version; live unless another is. Once there, it changes nothing."""
    try:
        registry.read(base.version)
    except NotFound:
        _add(registry, model_folder, base)
    if registry.stages(base.name).live is None:
        registry.promote(base.version)


def _add(registry: AdapterRegistry, model_folder: Path, base: ModelManifest) -> None:
    name, version = split_id(base.version)
    with registry.staging() as staged:
        path = staged / UNET_FILE
        save_file({key: value for file in base_files(model_folder) for key, value in load_file(file).items()}, path)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        digest = FileDigest(size_bytes=path.stat().st_size, sha256=sha256_of(path))
        manifest = AdapterManifest(
            kind="unet", name=name, version=version, published_at=datetime.now(UTC), title="the base model", license="",
            trigger="", rank=0, base=base.version, base_unet=base.unet_files, files={UNET_FILE: digest},
        )  # fmt: skip
        registry.add(staged, manifest)
