"""Pulling weights, from a hub of our own that can be told to misbehave."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deployments.model_folder import MANIFEST, ModelManifest, read_manifest, verify
from serve_app.hub import SAFE_SUFFIXES, SDXL_SOURCES, HubError, HubSource, Progress, pull
from tests.hub_server import MAIN_COMMIT, Download, HubServer, serve_hub

CHUNK_BYTES = 10 * 1024 * 1024  # huggingface_hub's: what it hands over, and can lose, at a time
TWO_CHUNKS_AND_A_HALF = bytes(range(256)) * (5 * CHUNK_BYTES // 2 // 256)
BIG = "unet/model.safetensors"
SOURCE = HubSource("acme/base", "main", {"model_index.json": "model_index.json", BIG: BIG})
REPO = {
    "model_index.json": b'{"_class_name": "StableDiffusionXLPipeline"}',
    BIG: b"weights" * 1000,
    "unet/model.bin": b"a pickle",
    "unet/model.ckpt": b"a pickle",
    "pipeline.py": b"raise SystemExit",
}


@dataclass
class Meter:
    total_bytes: int = 0
    done_bytes: int = 0

    def start(self, total_bytes: int) -> None:
        self.total_bytes = total_bytes

    def advance(self, num_bytes: int) -> None:
        self.done_bytes += num_bytes


class KilledInTheThirdChunk(Meter):
    def advance(self, num_bytes: int) -> None:
        super().advance(num_bytes)
        if self.done_bytes > 2 * CHUNK_BYTES + CHUNK_BYTES // 4:
            raise KeyboardInterrupt


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with serve_hub({"acme/base": dict(REPO)}) as hub:
        yield hub


@pytest.fixture
def big_hub(hub: HubServer) -> HubServer:
    hub.repos["acme/base"][BIG] = TWO_CHUNKS_AND_A_HALF
    return hub


def pull_base(
    hub: HubServer, models_dir: Path, progress: Progress | None = None, source: HubSource = SOURCE
) -> ModelManifest:
    return pull([source], models_dir, "sdxl", hub.url, None, progress or Meter())


def big_ranges(hub: HubServer) -> list[str | None]:
    return [download.range for download in hub.downloads if download.file == f"acme/base/{BIG}"]


def test_pull_lays_out_exactly_what_the_source_names(hub: HubServer, tmp_path: Path) -> None:
    meter = Meter()
    manifest = pull_base(hub, tmp_path, meter)
    assert manifest == read_manifest(tmp_path / "sdxl")
    assert manifest.name == "sdxl" and manifest.weights == "trained"
    assert manifest.source == f"acme/base@{MAIN_COMMIT}"
    assert sorted(manifest.files) == ["model_index.json", BIG]
    assert verify(tmp_path / "sdxl") == []
    assert meter.total_bytes == meter.done_bytes == manifest.size_bytes
    assert {path.name for path in (tmp_path / "sdxl").iterdir()} == {MANIFEST, "model_index.json", "unet"}


def test_pickles_and_code_are_never_asked_for(hub: HubServer, tmp_path: Path) -> None:
    pull_base(hub, tmp_path)
    assert hub.downloads == [Download("acme/base/model_index.json"), Download(f"acme/base/{BIG}")]


@pytest.mark.parametrize("name", ["unet/model.bin", "x.ckpt", "x.pt", "x.pth", "pipeline.py", "safetensors", ".json"])
def test_source_with_anything_but_data_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        HubSource("acme/base", "main", {name: "x"})


def test_sdxl_is_three_pinned_repositories_in_one_diffusers_folder(tmp_path: Path) -> None:
    repos = {
        source.repo_id: {name: f"{source.repo_id}/{name}".encode() for name in source.files} for source in SDXL_SOURCES
    }
    with serve_hub(repos) as hub:
        manifest = pull(SDXL_SOURCES, tmp_path, "sdxl", hub.url, None, Meter())
    assert manifest.source == " + ".join(f"{source.repo_id}@{source.revision}" for source in SDXL_SOURCES)
    assert all(len(source.revision) == 40 for source in SDXL_SOURCES)
    assert {Path(name).suffix for name in manifest.files} == SAFE_SUFFIXES
    vae = tmp_path / "sdxl" / "vae" / "diffusion_pytorch_model.fp16.safetensors"
    assert vae.read_text() == "madebyollin/sdxl-vae-fp16-fix/diffusion_pytorch_model.safetensors"
    assert "ip_adapter/models/image_encoder/model.safetensors" in manifest.files


def test_cut_connection_goes_on_from_the_bytes_received(big_hub: HubServer, tmp_path: Path) -> None:
    big_hub.cut_after_bytes[BIG] = CHUNK_BYTES + 1000
    meter = Meter()
    pull_base(big_hub, tmp_path, meter)
    assert big_ranges(big_hub) == [None, f"bytes={CHUNK_BYTES}-"]
    assert meter.done_bytes == meter.total_bytes
    assert (tmp_path / "sdxl" / BIG).read_bytes() == TWO_CHUNKS_AND_A_HALF


def test_killed_pull_is_taken_up_by_the_next(big_hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        pull_base(big_hub, tmp_path, KilledInTheThirdChunk())
    assert not (tmp_path / "sdxl" / MANIFEST).exists() and not (tmp_path / "sdxl" / BIG).exists()
    meter = Meter()
    pull_base(big_hub, tmp_path, meter)
    assert big_ranges(big_hub) == [None, f"bytes={2 * CHUNK_BYTES}-"]
    assert len(big_hub.downloads) == 3  # the small file, complete before the kill, came once
    assert meter.done_bytes == meter.total_bytes
    assert verify(tmp_path / "sdxl") == []


def test_pull_killed_just_before_the_end_needs_no_more_bytes(hub: HubServer, tmp_path: Path) -> None:
    pull_base(hub, tmp_path)
    folder = tmp_path / "sdxl"
    digest = read_manifest(folder).files[BIG].sha256
    (folder / ".partial").mkdir()
    (folder / BIG).rename(folder / ".partial" / digest)
    hub.downloads.clear()
    meter = Meter()
    pull_base(hub, tmp_path, meter)
    assert hub.downloads == [] and meter.done_bytes == meter.total_bytes
    assert verify(folder) == []


def test_server_without_ranges_sends_all_again(big_hub: HubServer, tmp_path: Path) -> None:
    big_hub.ignores_ranges = True
    big_hub.cut_after_bytes[BIG] = 2 * CHUNK_BYTES
    meter = Meter()
    pull_base(big_hub, tmp_path, meter)
    assert len(big_ranges(big_hub)) == 2 and meter.done_bytes == meter.total_bytes
    assert (tmp_path / "sdxl" / BIG).read_bytes() == TWO_CHUNKS_AND_A_HALF


def test_second_pull_of_a_complete_model_downloads_nothing(hub: HubServer, tmp_path: Path) -> None:
    first = pull_base(hub, tmp_path)
    hub.downloads.clear()
    meter = Meter()
    assert pull_base(hub, tmp_path, meter) == first
    assert hub.downloads == []
    assert meter.done_bytes == meter.total_bytes


def test_damaged_file_alone_is_fetched_again(hub: HubServer, tmp_path: Path) -> None:
    first = pull_base(hub, tmp_path)
    hub.downloads.clear()
    (tmp_path / "sdxl" / "model_index.json").write_text("{}")
    assert pull_base(hub, tmp_path) == first
    assert hub.downloads == [Download("acme/base/model_index.json")]


@pytest.mark.parametrize("name", [BIG, "model_index.json"])
def test_wrong_content_is_deleted_and_told(hub: HubServer, tmp_path: Path, name: str) -> None:
    pull_base(hub, tmp_path)
    (tmp_path / "sdxl" / name).unlink()
    hub.wrong_bytes[name] = bytes(len(REPO[name]))
    with pytest.raises(HubError, match=rf"acme/base@{MAIN_COMMIT}: {name} .* hash [0-9a-f]+, expected [0-9a-f]+"):
        pull_base(hub, tmp_path)
    assert not (tmp_path / "sdxl" / name).exists() and not (tmp_path / "sdxl" / MANIFEST).exists()
    assert list((tmp_path / "sdxl" / ".partial").iterdir()) == []
    hub.wrong_bytes.clear()
    pull_base(hub, tmp_path)
    assert verify(tmp_path / "sdxl") == []


def test_content_of_another_length_is_told(hub: HubServer, tmp_path: Path) -> None:
    hub.wrong_bytes["model_index.json"] = b"{}"
    with pytest.raises(HubError, match=r"should be of size 44 but has size 2"):
        pull_base(hub, tmp_path)
    assert not (tmp_path / "sdxl" / MANIFEST).exists()


def test_file_that_the_repository_lacks_is_named(hub: HubServer, tmp_path: Path) -> None:
    source = HubSource("acme/base", "main", {"vae/model.safetensors": "vae/model.safetensors"})
    with pytest.raises(HubError, match=r"acme/base@main lists no vae/model\.safetensors"):
        pull_base(hub, tmp_path, source=source)
    assert hub.downloads == []


def test_too_small_a_disk_is_told_before_the_first_byte(hub: HubServer, tmp_path: Path) -> None:
    hub.listed_bytes[BIG] = 10**18
    with pytest.raises(HubError, match=r"sdxl needs 1000000000\.0 GB more, its disk has"):
        pull_base(hub, tmp_path)
    assert hub.downloads == []


@pytest.mark.parametrize(("repo_id", "revision"), [("acme/other", "main"), ("acme/base", "no-such-branch")])
def test_unknown_repository_or_revision_is_told(hub: HubServer, tmp_path: Path, repo_id: str, revision: str) -> None:
    source = HubSource(repo_id, revision, SOURCE.files)
    with pytest.raises(HubError, match=f"(?s)pulling sdxl from {hub.url} stopped.*{repo_id}/revision/{revision}"):
        pull_base(hub, tmp_path, source=source)


def test_endpoint_that_is_no_hub_is_told(hub: HubServer, tmp_path: Path) -> None:
    hub.is_a_web_page = True
    for endpoint in (hub.url, "http://127.0.0.1:1", "nonsense", "http://host:port"):
        with pytest.raises(HubError, match="pulling sdxl from"):
            pull([SOURCE], tmp_path, "sdxl", endpoint, None, Meter())


def test_token_is_sent_when_given_and_never_found_elsewhere(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_machine")
    pull_base(hub, tmp_path)
    assert hub.authorizations == {None}
    hub.authorizations.clear()
    pull([SOURCE], tmp_path / "again", "sdxl", hub.url, "hf_secret", Meter())
    assert hub.authorizations == {"Bearer hf_secret"}
