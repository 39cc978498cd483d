"""An adapter's or a UNet's file becomes a version in the registry, checked as a stranger's, whoever has made it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from deployments.errors import InvalidRequest
from deployments.model_folder import FileDigest, ModelManifest, read_manifest
from deployments.registry.base import add_base, made_for
from deployments.registry.files import copy_new
from deployments.registry.names import VersionKind
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import (
    CARD_FILE,
    SAMPLES_FILE,
    WEIGHTS_FILES,
    AdapterManifest,
    Card,
    FileName,
    PublishedTrial,
)
from deployments.registry.weights import weights_of

MAX_CARD_BYTES = 1 << 20
MAX_SAMPLES_BYTES = 32 << 20


def publish(
    registry_root: Path, weights_file: Path, name: str, model_folder: Path, card_file: Path | None = None,
    trial: PublishedTrial | None = None, samples_file: Path | None = None,
) -> str:  # fmt: skip
    """Puts a copy into the registry as a candidate, and returns its id, `NAME@VERSION`; the same files, the same id.

    `model_folder` is the base model, whose layers an adapter must fit and whose profile bounds its rank. Under the name
    of the base model the file is a whole UNet, and with `-reference` behind it a reference adapter; either must be what
    that model's own is, but for the values. A card must name that model too; `trial` is what every replica has to come
    to as well. Raises InvalidRequest for what can't be used, and then nothing is left behind; ModelFolderError;
    Conflict; Unavailable while another change of this name takes too long.
    """
    base = read_manifest(model_folder)
    kind, weights = weights_of(name, model_folder, base)
    registry, card = AdapterRegistry(registry_root), Card()
    with registry.staging() as staged:
        files: dict[FileName, FileDigest] = {}

        def take(file: Path, file_name: FileName, limit: int) -> Path:
            files[file_name] = copy_new(file, staged / file_name, limit)
            return staged / file_name

        weights_path = take(weights_file, WEIGHTS_FILES[kind], weights.max_bytes)
        if card_file is not None:
            card = _card(take(card_file, CARD_FILE, MAX_CARD_BYTES).read_bytes())
        if samples_file is not None:
            take(samples_file, SAMPLES_FILE, MAX_SAMPLES_BYTES)
        _check_card(card, base, kind, weights_file.name, files[WEIGHTS_FILES[kind]])
        _check_format(weights_path)
        rank = weights.check(weights_path)
        if kind != "lora":
            add_base(registry, name, model_folder, base)
        together = "".join(files[file_name].sha256 for file_name in sorted(files))
        manifest = AdapterManifest(
            kind=kind,
            name=name,
            version=hashlib.sha256(together.encode()).hexdigest()[:8],
            published_at=datetime.now(UTC),
            title=card.title or name,
            license=card.license,
            trigger=card.trigger,
            rank=rank,
            base=base.version,
            base_unet=made_for(kind, base),
            files=files,
            metrics=card.metrics,
            gates=card.gates,
            trial=trial,
        )
        registry.add(staged, manifest)
    return manifest.id


def _check_format(path: Path) -> None:
    """A JSON header begins at byte 8; pickles, archives and other tools' formats have something else there."""
    with path.open("rb") as file:
        if file.read(9)[8:] != b"{":
            raise InvalidRequest("this is no safetensors file, whatever its name", "unsupported_model_format", "file")


def _card(content: bytes) -> Card:
    try:
        return Card.model_validate_json(content)
    except ValidationError as error:
        raise InvalidRequest(f"the card does not read: {_first_line(error)}", "invalid_card", "card") from error


def _check_card(card: Card, base: ModelManifest, kind: VersionKind, file_name: str, weights: FileDigest) -> None:
    if card.base_unet is not None and card.base_unet != made_for(kind, base):
        raise InvalidRequest(f"it was made for another model than {base.version}", f"{kind}_incompatible", "card")
    if card.files.get(file_name, weights) != weights:
        raise InvalidRequest(f"the card is of another {file_name}", "manifest_mismatch", "card")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
