"""What a version's weights must be before anyone loads them, by kind."""

from pathlib import Path
from typing import Protocol

from deployments.engine.load import load_skeleton
from deployments.engine.lora_files import MAX_FILE_BYTES, read_lora
from deployments.engine.unet_files import base_files, check_layout, layout_of, max_bytes, read_unet
from deployments.errors import InvalidRequest
from deployments.model_folder import ModelManifest
from deployments.registry.names import check_name
from deployments.registry.schemas import UNET_FILE, WEIGHTS_FILE, FileName, VersionKind
from deployments.specs import PROFILES


class Weights(Protocol):
    kind: VersionKind
    file_name: FileName
    max_bytes: int

    def check(self, path: Path) -> int:
        """Returns the rank. Raises InvalidRequest for what can't be used."""
        ...


class LoraWeights:
    kind: VersionKind = "lora"
    file_name = WEIGHTS_FILE
    max_bytes = MAX_FILE_BYTES

    def __init__(self, name: str, model_folder: Path, base: ModelManifest) -> None:
        """Raises InvalidRequest for a name that it can't have, and for a model that no profile serves."""
        check_name(name)
        self._name, self._model_folder, self._base = name, model_folder, base

    def check(self, path: Path) -> int:
        return read_lora(path, self._name, load_skeleton(self._model_folder), max_rank(self._base)).rank


class UnetWeights:
    """The names, types and shapes of the model's own UNet."""

    kind: VersionKind = "unet"
    file_name = UNET_FILE

    def __init__(self, model_folder: Path) -> None:
        self._model_folder = model_folder
        self._layout = layout_of(base_files(model_folder))
        self.max_bytes = max_bytes(self._layout)

    def check(self, path: Path) -> int:
        check_layout(layout_of([path]), self._layout)
        read_unet(path, load_skeleton(self._model_folder).unet)
        return 0


def max_rank(base: ModelManifest) -> int:
    """Raises InvalidRequest for a model that no profile serves."""
    if base.name not in PROFILES:
        raise InvalidRequest(f"no profile serves the model {base.name!r}", "model_not_found", "model")
    return PROFILES[base.name].max_adapter_rank
