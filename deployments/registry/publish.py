"""An adapter's file becomes a version in the registry, checked as a stranger's would be, whoever has made it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from deployments.engine.load import load_skeleton
from deployments.engine.lora_files import MAX_FILE_BYTES, read_lora
from deployments.errors import InvalidRequest
from deployments.model_folder import FileDigest, ModelManifest, read_manifest
from deployments.registry.files import write_new
from deployments.registry.names import check_name
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import (
    CARD_FILE,
    SAMPLES_FILE,
    WEIGHTS_FILE,
    AdapterManifest,
    Card,
    FileName,
    PublishedTrial,
)
from deployments.specs import PROFILES

MAX_CARD_BYTES = 1 << 20
MAX_SAMPLES_BYTES = 32 << 20


def publish(
    registry_root: Path, adapter_file: Path, name: str, model_folder: Path, card_file: Path | None = None,
    trial: PublishedTrial | None = None, samples_file: Path | None = None,
) -> str:  # fmt: skip
    """Puts a copy into the registry as a candidate, and returns its id, `NAME@VERSION`; the same files, the same id.

    `model_folder` is the base model, whose layers the adapter must fit and whose profile bounds its rank; a card must
    name that model too; `trial` is what every replica has to come to as well. Raises InvalidRequest for what can't be
    used, and then nothing is left behind; ModelFolderError; Conflict; Unavailable while another change of this adapter
    takes too long.
    """
    check_name(name)
    base = read_manifest(model_folder)
    card = Card()
    contents: dict[FileName, bytes] = {WEIGHTS_FILE: _read(adapter_file, MAX_FILE_BYTES, ".safetensors")}
    if card_file is not None:
        contents[CARD_FILE] = _read(card_file, MAX_CARD_BYTES, ".json")
        card = _card(contents[CARD_FILE])
    if samples_file is not None:
        contents[SAMPLES_FILE] = _read(samples_file, MAX_SAMPLES_BYTES, ".png")
    files = {file_name: _digest(content) for file_name, content in contents.items()}
    _check_card(card, base, adapter_file.name, files[WEIGHTS_FILE])
    _check_format(contents[WEIGHTS_FILE])
    registry = AdapterRegistry(registry_root)
    with registry.staging() as staged:
        for file_name, content in contents.items():
            write_new(staged / file_name, content)
        adapter = read_lora(staged / WEIGHTS_FILE, name, load_skeleton(model_folder), max_rank(base))
        together = "".join(files[file_name].sha256 for file_name in sorted(files))
        manifest = AdapterManifest(
            name=name,
            version=hashlib.sha256(together.encode()).hexdigest()[:8],
            published_at=datetime.now(UTC),
            title=card.title or name,
            license=card.license,
            trigger=card.trigger,
            rank=adapter.rank,
            base=base.version,
            base_unet=base.unet_files,
            files=files,
            metrics=card.metrics,
            gates=card.gates,
            trial=trial,
        )
        registry.add(staged, manifest)
    return manifest.id


def max_rank(base: ModelManifest) -> int:
    """Raises InvalidRequest for a model that no profile serves."""
    if base.name not in PROFILES:
        raise InvalidRequest(f"no profile serves the model {base.name!r}", "model_not_found", "model")
    return PROFILES[base.name].max_adapter_rank


def _read(path: Path, max_bytes: int, suffix: str) -> bytes:
    if path.suffix != suffix:
        raise InvalidRequest(f"{path.name}: only {suffix} is taken", "unsupported_model_format", "file")
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise InvalidRequest(f"{path} does not read: {error.strerror}", "file_not_found", "file") from error
    if len(content) > max_bytes:
        raise InvalidRequest(f"{path.name} has over {max_bytes} bytes", "file_too_large", "file")
    return content


def _check_format(content: bytes) -> None:
    """A JSON header begins at byte 8; pickles, archives and other tools' formats have something else there."""
    if content[8:9] != b"{":
        raise InvalidRequest("this is no safetensors file, whatever its name", "unsupported_model_format", "file")


def _card(content: bytes) -> Card:
    try:
        return Card.model_validate_json(content)
    except ValidationError as error:
        raise InvalidRequest(f"the card does not read: {_first_line(error)}", "invalid_card", "card") from error


def _check_card(card: Card, base: ModelManifest, file_name: str, weights: FileDigest) -> None:
    if card.base_unet is not None and card.base_unet != base.unet_files:
        raise InvalidRequest(f"it was made for another model than {base.version}", "lora_incompatible", "card")
    if card.files.get(file_name, weights) != weights:
        raise InvalidRequest(f"the card is of another {file_name}", "manifest_mismatch", "card")


def _digest(content: bytes) -> FileDigest:
    return FileDigest(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
