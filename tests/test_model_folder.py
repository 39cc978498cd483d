"""Model folders: complete and unaltered, or told."""

from pathlib import Path

import pytest

from deployments.errors import ModelFolderError
from deployments.model_folder import MANIFEST, read_manifest, verify, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "sdxl"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "model.safetensors").write_bytes(b"weights")
    (folder / "model_index.json").write_text("{}")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "notes").write_text("not part of the model")
    return folder


def write(folder: Path) -> str:
    return write_manifest(folder, name="sdxl", weights="trained", source="a test").version


def test_manifest_names_every_file_and_reads_back(folder: Path) -> None:
    written = write_manifest(folder, name="sdxl", weights="trained", source="a test")
    assert read_manifest(folder) == written
    assert list(written.files) == ["model_index.json", "unet/model.safetensors"]
    assert written.size_bytes == 9
    assert verify(folder) == []


def test_version_follows_the_content_and_nothing_else(folder: Path) -> None:
    first = write(folder)
    assert first.startswith("sdxl@") and write(folder) == first
    (folder / "unet" / "model.safetensors").write_bytes(b"Weights")
    assert write(folder) != first


def test_every_kind_of_damage_is_told(folder: Path) -> None:
    for name in ("a", "b", "c"):
        (folder / name).write_bytes(b"content")
    write(folder)
    (folder / "a").unlink()
    (folder / "b").write_bytes(b"longer content")
    (folder / "c").write_bytes(b"contenT")
    (folder / "unet" / "model.bin").write_bytes(b"a pickle beside the weights")
    assert verify(folder) == [
        "unet/model.bin is a pickle",
        "a is missing",
        "b has 14 bytes, not 7",
        "c has other content than when it was put there",
    ]


def test_progress_adds_up_to_the_size(folder: Path) -> None:
    write(folder)
    chunks: list[int] = []
    verify(folder, chunks.append)
    assert sum(chunks) == read_manifest(folder).size_bytes


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"name": "sdxl"}', b'{"unknown": 1}', b"\xff"])
def test_missing_or_malformed_manifest_says_what_to_run(folder: Path, content: bytes | None) -> None:
    if content is not None:
        (folder / MANIFEST).write_bytes(content)
    with pytest.raises(ModelFolderError, match="emblem models pull sdxl"):
        read_manifest(folder)
    with pytest.raises(ModelFolderError, match="make run"):
        read_manifest(folder.parent / "starter")
