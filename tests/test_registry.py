"""The registry of style adapters: whole versions, one pointer file each, and everything checked on its way in."""

import json
import threading
from pathlib import Path

import pytest

from deployments.engine.load import SdxlModel, load_model
from deployments.errors import Conflict, EmblemError, InvalidRequest, NotFound, Unavailable
from deployments.model_folder import read_manifest
from deployments.registry.publish import publish
from deployments.registry.registry import AdapterRegistry
from tests.adapters import publish_random, write_adapter


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "registry"


@pytest.fixture
def registry(root: Path) -> AdapterRegistry:
    return AdapterRegistry(root)


@pytest.fixture
def ids(root: Path, model: SdxlModel, models_dir: Path) -> list[str]:
    """Three versions of `house`, none of them live."""
    return [publish_random(root, model, models_dir, "house", seed) for seed in (1, 2, 3)]


def live(registry: AdapterRegistry) -> str | None:
    version = registry.stages("house").live
    return version and f"house@{version}"


def statuses(registry: AdapterRegistry) -> dict[str, str]:
    stages = registry.stages("house")
    return {manifest.id: stages.status_of(manifest.version) for manifest in registry.versions("house")}


def test_published_version_is_a_candidate_with_all_that_it_says(
    root: Path, registry: AdapterRegistry, model: SdxlModel, models_dir: Path, tmp_path: Path
) -> None:
    base = read_manifest(models_dir / "starter")
    path, card = write_adapter(tmp_path, model, seed=1), tmp_path / "house.json"
    base_unet = {name: digest.model_dump() for name, digest in base.unet_files.items()}
    card.write_text(json.dumps({"title": "House", "trigger": "hse", "base_unet": base_unet, "steps": 500}))
    version_id = publish(root, path, "house", models_dir / "starter", card)
    manifest = registry.read(version_id)
    assert (manifest.title, manifest.trigger, manifest.rank, manifest.base) == ("House", "hse", 4, base.version)
    assert registry.weights_path(manifest).read_bytes() == path.read_bytes()
    assert registry.weights_path(manifest).with_name("card.json").read_text() == card.read_text()
    assert statuses(registry) == {version_id: "candidate"}
    with pytest.raises(NotFound):
        registry.find("house")
    assert registry.find(version_id) == manifest


def test_same_files_again_are_the_same_version(
    root: Path, registry: AdapterRegistry, ids: list[str], model: SdxlModel, models_dir: Path
) -> None:
    before = registry.read(ids[0])
    assert publish_random(root, model, models_dir, "house", seed=1) == ids[0]
    assert registry.read(ids[0]) == before
    assert statuses(registry)[ids[0]] == "candidate" and len(registry.versions("house")) == 3


def test_versions_go_live_and_back(registry: AdapterRegistry, ids: list[str]) -> None:
    for version_id in ids:
        registry.promote(version_id)
    assert live(registry) == ids[2] and registry.find("house").id == ids[2]
    registry.promote(ids[2])  # again: nothing changes
    assert statuses(registry) == {ids[0]: "previous", ids[1]: "previous", ids[2]: "live"}
    assert registry.rollback(ids[2]) == ids[1] and registry.rollback("house") == ids[0]
    assert statuses(registry) == {ids[0]: "live", ids[1]: "published", ids[2]: "published"}
    for adapter_id, code in (("house", "no_previous_version"), (ids[2], "version_not_live")):
        with pytest.raises(Conflict) as caught:
            registry.rollback(adapter_id)
        assert caught.value.code == code
    assert live(registry) == ids[0]


def test_retired_version_is_not_to_be_had(registry: AdapterRegistry, ids: list[str]) -> None:
    registry.promote(ids[0])
    registry.promote(ids[1])
    registry.retire(ids[0])
    with pytest.raises(NotFound):
        registry.find(ids[0])
    for refused in (
        lambda: registry.promote(ids[0]),
        lambda: registry.retire(ids[1]),
        lambda: registry.rollback("house"),
    ):
        with pytest.raises(Conflict):
            refused()
    assert statuses(registry)[ids[0]] == "retired" and live(registry) == ids[1]


@pytest.mark.parametrize(
    "adapter_id",
    ["nobody", "house@00000000", "../house", "house@../../x", "house/..", "", "@", "a\0b", "House", "x" * 99],
)
def test_what_is_not_there_is_not_found(registry: AdapterRegistry, ids: list[str], adapter_id: str) -> None:
    for ask in (registry.find, registry.read, registry.promote, registry.rollback, registry.retire):
        with pytest.raises((NotFound, Conflict)):
            ask(adapter_id)
    assert set(statuses(registry)) == set(ids)


def test_writers_at_once_lose_nothing(registry: AdapterRegistry, ids: list[str]) -> None:
    registry.promote(ids[0])
    failures: list[EmblemError] = []

    def work(version_id: str) -> None:
        try:
            for _ in range(10):
                registry.promote(version_id)
                registry.rollback("house")
        except EmblemError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(version_id,)) for version_id in ids[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Each rollback undoes one promotion, whosever it was: lost writes would leave another balance.
    assert not failures and live(registry) == ids[0] and registry.stages("house").previous == ()


def test_half_a_version_is_none_and_damage_is_told(root: Path, registry: AdapterRegistry, ids: list[str]) -> None:
    folder = root / "adapters" / "house"
    (folder / ids[0].split("@")[1] / "manifest.json").unlink()
    with pytest.raises(NotFound):
        registry.promote(ids[0])
    manifest = folder / ids[1].split("@")[1] / "manifest.json"
    manifest.write_text(manifest.read_text().replace("house", "other"))
    with pytest.raises(Unavailable, match="it is that of other"):
        registry.promote(ids[1])
    (folder / "stages.json").write_text('{"live": ')
    with pytest.raises(Unavailable) as caught:
        registry.promote(ids[2])
    assert caught.value.code == "registry_damaged"


def test_refused_publication_leaves_nothing_behind(
    root: Path, model: SdxlModel, models_dir: Path, tmp_path: Path
) -> None:
    publish_random(root, model, models_dir, "house", seed=1)
    before = sorted(path.relative_to(root) for path in root.rglob("*"))
    (tmp_path / "bad.safetensors").write_bytes(b"\2\0\0\0\0\0\0\0{}")
    with pytest.raises(InvalidRequest):
        publish(root, tmp_path / "bad.safetensors", "house", models_dir / "starter")
    assert sorted(path.relative_to(root) for path in root.rglob("*")) == before
