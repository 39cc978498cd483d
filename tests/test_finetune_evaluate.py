"""A trained version as it was measured: through the engine, beside the base and beside what is live, for all to see."""

import io
import json
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.door import Door
from tests.ip_adapter import make_encoder
from tests.trainings import run_training
from tests.versions import put_version


@pytest.fixture(scope="module")
def model_folder(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With an image encoder, whose space is not that of the texts: its width is another."""
    folder = tmp_path_factory.mktemp("models") / "starter"
    shutil.copytree(models_dir / "starter", folder)
    make_encoder(folder / "image_encoder")
    return folder


def versions(client: TestClient) -> dict[str, dict[str, object]]:
    return {version["id"]: version for version in client.get("/v1/model_versions").json()["data"]}


def test_version_tells_what_it_gains_on_the_base_and_on_the_live_one(
    client: TestClient, door: Door, model_folder: Path, tmp_path: Path
) -> None:
    registry = door.data_dir / "registry"
    first = run_training(tmp_path, model_folder, registry)
    client.app.state.context.adapters.registry.promote(first.version)  # type: ignore[attr-defined]
    second = run_training(tmp_path, model_folder, registry, seed=1)
    one, other = (versions(client)[trained.version]["metrics"] for trained in (first, second))
    assert isinstance(one, dict) and isinstance(other, dict)
    assert one["loss_before"] > 0 and -1 <= one["clip_i"] <= 1 and 0 <= one["copies"] <= 1
    assert one["clip_i_gain_low_base"] <= one["clip_i_gain_base"] <= one["clip_i_gain_high_base"]
    assert one["clip_i_gain_base"] == pytest.approx(one["clip_i"] - one["clip_i_base"], abs=1e-6)
    assert one["clip_i_gain_base"] != 0 and other["clip_i_base"] == pytest.approx(one["clip_i_base"], abs=1e-4)
    assert not any(name.endswith("_live") or name.startswith("clip_t") for name in one)
    assert other["clip_i_live"] == pytest.approx(one["clip_i"], abs=1e-4)  # the file holds half the digits
    assert other["clip_i_gain_live"] == pytest.approx(other["clip_i"] - other["clip_i_live"], abs=1e-6)
    card = json.loads((Path(second.spec.folder) / "adapter.json").read_text())
    assert card["metrics"] == other
    assert [*Path(second.spec.folder).glob("wandb/offline-run-*")]
    shown = client.get(f"/v1/model_versions/{second.version}/samples")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.content)).width > 3 * 160  # base, live and trained


def test_version_that_was_not_trained_here_has_neither(client: TestClient, door: Door) -> None:
    version_id = put_version(client.app.state.context.adapters.registry, "foreign", b"one")  # type: ignore[attr-defined]
    assert (versions(client)[version_id]["metrics"], versions(client)[version_id]["has_samples"]) == ({}, False)
    answer = client.get(f"/v1/model_versions/{version_id}/samples")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "samples_not_found")
    del door
