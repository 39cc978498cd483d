"""Where the versions of a kind stand ready in a replica's engine."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from deployments.controls import ADAPTER
from deployments.engine.engine import Engine
from deployments.engine.lora_bank import BankFull
from deployments.engine.trial import Trial
from deployments.engine.weight_files import sha256_of
from deployments.errors import InvalidRequest, Unavailable
from deployments.model_folder import ModelManifest
from deployments.registry.base import made_for, own_versions
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import AdapterManifest
from deployments.registry.trial import told_trial

logger = logging.getLogger("ray.serve")

ENGINE_TIMEOUT_S = 120.0  # for a place between two steps
MAX_PARTS = 2  # of a kind at once: the one that is live, and one more, be it the next or the one before


class NoRoom(RuntimeError):
    """Now; there may be once another version is dropped."""


class Shelf(Protocol):
    keeps_what_is_live: bool  # also while nobody draws with it
    room_timeout_s: float  # how long a promotion waits for what is still drawn with
    full_code: str

    def prepare(self, manifest: AdapterManifest) -> Callable[[], None]:
        """Checked as if it were new: what lies on a disk may have changed. Raises InvalidRequest or Unavailable.

        What is returned puts it there, tried; it raises NoRoom, or what `prepare` does.
        """
        ...

    def drop(self, version_id: str) -> None:
        """For one that nobody draws with."""
        ...


class LoraShelf:
    """The bank of the engine."""

    keeps_what_is_live = False
    room_timeout_s = 0.0
    full_code = "no_adapter_room"

    def __init__(self, engine: Engine, registry: AdapterRegistry, base: ModelManifest) -> None:
        self._engine, self._registry, self._base = engine, registry, base

    def prepare(self, manifest: AdapterManifest) -> Callable[[], None]:
        _check_base(manifest, self._base, "lora")
        try:
            packed = self._engine.read_lora(manifest.id, self._registry.weights_path(manifest))
        except OSError as error:
            raise _unread(manifest, error) from error
        _check_digest(manifest, packed.digest, "lora")

        def put() -> None:
            try:
                self._engine.adopt_lora(packed, told_trial(manifest.trial)).result(ENGINE_TIMEOUT_S)
            except BankFull as error:
                raise NoRoom(str(error)) from error

        return put

    def drop(self, version_id: str) -> None:
        self._engine.drop_lora(version_id).result(ENGINE_TIMEOUT_S)


class PartShelf(ABC):
    """Parts of a kind beside the base model's own; one is read only when there is room, so there are never more."""

    keeps_what_is_live = True
    room_timeout_s = 60.0
    full_code: str
    param: str
    own_name: str  # in the engine, of the base model's

    def __init__(self, engine: Engine, registry: AdapterRegistry, base: ModelManifest) -> None:
        self._engine, self._registry, self._base = engine, registry, base

    def prepare(self, manifest: AdapterManifest) -> Callable[[], None]:
        _check_base(manifest, self._base, self.param)
        return lambda: self._put(manifest)

    def drop(self, version_id: str) -> None:
        self._drop(self.name_of(version_id)).result(ENGINE_TIMEOUT_S)

    def name_of(self, version_id: str) -> str:
        """In the engine."""
        return self.own_name if version_id in own_versions(self._base).values() else version_id

    def _put(self, manifest: AdapterManifest) -> None:
        if self._count() >= MAX_PARTS:
            raise NoRoom(f"{MAX_PARTS} are in memory")
        path = self._registry.weights_path(manifest)
        try:
            _check_digest(manifest, sha256_of(path), self.param)
            adopted = self._adopt(self.name_of(manifest.id), path, told_trial(manifest.trial))
        except OSError as error:
            raise _unread(manifest, error) from error
        logger.info("%s is read", manifest.id)
        adopted.result(ENGINE_TIMEOUT_S)

    @abstractmethod
    def _count(self) -> int:
        """Of those in memory."""

    @abstractmethod
    def _adopt(self, name: str, path: Path, trial: Trial) -> "Future[None]":
        """Raises InvalidRequest or OSError."""

    @abstractmethod
    def _drop(self, name: str) -> "Future[None]": ...


class UnetShelf(PartShelf):
    full_code, param, own_name = "no_unet_room", "model_version", ""

    def _count(self) -> int:
        return self._engine.num_unets

    def _adopt(self, name: str, path: Path, trial: Trial) -> "Future[None]":
        return self._engine.adopt_unet(name, self._engine.read_unet(path), trial)

    def _drop(self, name: str) -> "Future[None]":
        return self._engine.drop_unet(name)


class ReferenceShelf(PartShelf):
    full_code, param, own_name = "no_reference_room", "style_images", ADAPTER

    def _count(self) -> int:
        return self._engine.num_references

    def _adopt(self, name: str, path: Path, trial: Trial) -> "Future[None]":
        return self._engine.adopt_reference(name, self._engine.read_reference(path), trial)

    def _drop(self, name: str) -> "Future[None]":
        return self._engine.drop_reference(name)


def _check_base(manifest: AdapterManifest, base: ModelManifest, param: str) -> None:
    if manifest.base_unet != made_for(manifest.kind, base):
        message = f"{manifest.id} was made for another model, {manifest.base}"
        raise InvalidRequest(message, f"{manifest.kind}_incompatible", param)


def _check_digest(manifest: AdapterManifest, sha256: str, param: str) -> None:
    if sha256 != manifest.files[manifest.weights_file].sha256:
        message = f"the weights of {manifest.id} are not those that were published"
        raise InvalidRequest(message, "manifest_mismatch", param)


def _unread(manifest: AdapterManifest, error: OSError) -> Unavailable:
    return Unavailable(f"the weights of {manifest.id} do not read: {error.strerror}", "registry_damaged")
