"""What a version's weights must be before anyone loads them, by kind."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from deployments.engine.load import load_skeleton
from deployments.engine.lora_files import MAX_FILE_BYTES, read_lora
from deployments.engine.unet_files import read_unet
from deployments.engine.weight_files import REFERENCE, UNET, check_layout, layout_of, max_bytes, read_tensors
from deployments.errors import InvalidRequest
from deployments.model_folder import ModelManifest
from deployments.registry.base import own_files
from deployments.registry.names import VersionKind, check_name, parts_of
from deployments.specs import PROFILES


class Weights(Protocol):
    max_bytes: int

    def check(self, path: Path) -> int:
        """Returns the rank. Raises InvalidRequest for what can't be used."""
        ...


class LoraWeights:
    max_bytes = MAX_FILE_BYTES

    def __init__(self, name: str, model_folder: Path, base: ModelManifest) -> None:
        """Raises InvalidRequest for a name that it can't have, and for a model that no profile serves."""
        check_name(name)
        self._name, self._model_folder, self._base = name, model_folder, base

    def check(self, path: Path) -> int:
        return read_lora(path, self._name, load_skeleton(self._model_folder), max_rank(self._base)).rank


class UnetWeights:
    """The names, types and shapes of the model's own UNet."""

    def __init__(self, name: str, model_folder: Path, base: ModelManifest) -> None:
        del name
        self._model_folder = model_folder
        self._layout = layout_of(own_files("unet", model_folder, base), UNET)
        self.max_bytes = max_bytes(self._layout)

    def check(self, path: Path) -> int:
        check_layout(layout_of([path], UNET), self._layout, UNET)
        read_unet(path, load_skeleton(self._model_folder).unet)
        return 0


class ReferenceWeights:
    """The names and shapes of the model's own reference adapter; their types may be others, since it is small."""

    def __init__(self, name: str, model_folder: Path, base: ModelManifest) -> None:
        """Raises InvalidRequest for a model that has none."""
        del name
        own = layout_of(own_files("reference", model_folder, base), REFERENCE)
        self._shapes = {name: shape for name, (_, shape) in own.items()}
        self.max_bytes = max_bytes({name: ("F32", shape) for name, shape in self._shapes.items()})

    def check(self, path: Path) -> int:
        read_tensors(path, self._shapes, REFERENCE)
        return 0


_WEIGHTS: Mapping[VersionKind, Callable[[str, Path, ModelManifest], Weights]] = {
    "lora": LoraWeights, "unet": UnetWeights, "reference": ReferenceWeights,
}  # fmt: skip


def weights_of(name: str, model_folder: Path, base: ModelManifest) -> tuple[VersionKind, Weights]:
    """Of what a version of that name has to be. Raises InvalidRequest or ModelFolderError."""
    kind = parts_of(base.name).get(name, "lora")
    return kind, _WEIGHTS[kind](name, model_folder, base)


def max_rank(base: ModelManifest) -> int:
    """Raises InvalidRequest for a model that no profile serves."""
    if base.name not in PROFILES:
        raise InvalidRequest(f"no profile serves the model {base.name!r}", "model_not_found", "model")
    return PROFILES[base.name].max_adapter_rank
