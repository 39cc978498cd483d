"""Control images through the door: drawn as the engine draws by them, for what a model has a network for."""

import base64
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from fastapi.testclient import TestClient

from deployments.controls import CONTROL_NET
from deployments.engine.control_union import MODES
from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.engine.request import ControlRequest, ImageRequest
from deployments.errors import ModelFolderError
from deployments.host import Host, open_host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest, write_manifest
from deployments.schemas import ControlKind
from deployments.specs import STARTER
from serve_app.controls.schemas import ControlDrawing
from tests.control import make_union
from tests.door import Door
from tests.generations import submit, until
from tests.pictures import encoded, opened, picture, png
from tests.real_service import RealService
from tests.recorder import Recorder
from tests.uploads import JsonObject, uploaded
from tests.users import as_user, new_user

IMAGES, GENERATIONS = "/v1/images/generations", "/v1/generations"
PLAIN = ImageRequest("white rocket", None, 96, 64, num_steps=4, guidance_scale=4.0, seed=7)
ASKED = {"prompt": "white rocket", "size": "96x64", "num_inference_steps": 4, "guidance_scale": 4.0, "seed": 7}
EDGES, DEPTH = picture(80, 64), picture(64, 96)


@pytest.fixture(scope="module")
def with_net(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store whose `starter` has a ControlNet-Union."""
    folder = tmp_path_factory.mktemp("with-net")
    starter = shutil.copytree(models_dir / "starter", folder / "starter")
    make_union(starter / STARTER.control_net, load_model(starter).unet, seed=3)
    write_manifest(starter, name="starter", weights="random", source="a test's")
    return folder


@pytest.fixture(scope="module")
def host(with_net: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("host")
    opened_host = open_host("icon", "starter", str(with_net), f"file://{folder}", str(folder), 0.0, Recorder())
    yield opened_host
    opened_host.close()


@pytest.fixture(scope="module")
def engine(with_net: Path) -> Iterator[Engine]:
    equipment = equip(load_model(with_net / "starter"), 16)
    equipment.controls.load_union(CONTROL_NET, with_net / "starter" / STARTER.control_net)
    engine = Engine(equipment, max_rows=8, num_threads=1)
    engine.start()
    yield engine
    engine.stop()


def controls(client: TestClient) -> list[JsonObject]:
    first, second = (uploaded(client, encoded(image))["id"] for image in (EDGES, DEPTH))
    return [
        {"file_id": first, "kind": "canny", "strength": 0.6, "start": 0.25, "end": 0.75},
        {"file_id": second, "kind": "depth"},
    ]


def serve_by_engine(door: Door, engine: Engine, with_net: Path) -> None:
    store, manifest = ImageStore(f"file://{door.data_dir}/images"), read_manifest(with_net / "starter")
    door.serve("icon", RealService(Host("icon", engine, manifest, store, control_kinds=("canny", "depth"))))


def refused(client: TestClient, **asked: object) -> tuple[int, str, str]:
    answer = client.post(IMAGES, json={"prompt": "a", **asked})
    return answer.status_code, answer.json()["error"]["code"], answer.json()["error"]["param"]


def test_kinds_are_named_as_the_engine_names_them() -> None:
    assert get_args(ControlKind) == MODES


def test_picture_is_drawn_as_the_engine_draws_it_by_them(
    client: TestClient, door: Door, engine: Engine, with_net: Path
) -> None:
    serve_by_engine(door, engine, with_net)
    answer = client.post(IMAGES, json=ASKED | {"control_images": controls(client)})
    pixels = np.asarray(opened(base64.b64decode(answer.json()["data"][0]["b64_json"])))
    meant = (
        ControlRequest(CONTROL_NET, np.asarray(EDGES), 0.6, 0.25, 0.75, "canny"),
        ControlRequest(CONTROL_NET, np.asarray(DEPTH), 0.8, mode="depth"),
    )
    drawn, plain = (engine.submit(one).result.result(60).pixels_HWC for one in (replace(PLAIN, controls=meant), PLAIN))
    assert np.array_equal(pixels, drawn)
    assert np.abs(pixels.astype(int) - plain).mean() > 0.2


def test_opened_host_takes_the_kinds_that_its_network_knows(host: Host) -> None:
    assert host.describe().control_kinds == MODES[:6]  # without ProMax's


def test_network_that_does_not_load_is_told(with_net: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(with_net, tmp_path / "models") / "starter" / STARTER.control_net
    (broken / "config.json").write_text("{")
    with pytest.raises(ModelFolderError):
        open_host("icon", "starter", str(tmp_path / "models"), f"file://{tmp_path}", str(tmp_path), 0.0, Recorder())


def test_models_list_the_kinds_that_may_be_asked_for(client: TestClient, door: Door, host: Host) -> None:
    door.services["splash"].control_kinds = ()
    door.serve("icon", RealService(host))
    told = {model["id"]: model["control_kinds"] for model in client.get("/v1/models").json()["data"]}
    assert told == {"icon": list(MODES[:6]), "splash": []}
    assert client.get("/v1/models/icon").json()["control_kinds"] == told["icon"]


def test_generation_tells_them_as_they_are_asked_for(client: TestClient) -> None:
    asked = [ControlDrawing.model_validate(one).model_dump() for one in controls(client)]
    job = until(client, submit(client, control_images=asked)["id"], "completed")
    assert job["controls"]["control_images"] == asked


def test_kind_that_the_model_has_no_network_for_is_refused_and_nothing_is_counted(
    client: TestClient, door: Door
) -> None:
    first, second = controls(client)
    door.services["icon"].control_kinds = ("canny",)
    assert refused(client, control_images=[first, second]) == (400, "control_unsupported", "control_images.1.kind")
    door.services["icon"].control_kinds = ()
    assert refused(client, control_images=[first]) == (400, "control_unsupported", "control_images.0.kind")
    assert not door.services["icon"].requests and not client.get(GENERATIONS).json()["data"]


def test_control_image_must_be_a_file_of_the_callers(client: TestClient) -> None:
    other = as_user(client, new_user(client, "other"))
    own = {"file_id": uploaded(client, png())["id"], "kind": "canny"}
    answer = client.post(IMAGES, json={"prompt": "a", "control_images": [own]}, headers=other)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "referenced_object_not_found")
    lost = (404, "referenced_object_not_found", "control_images.1.file_id")
    assert refused(client, control_images=[own, own | {"file_id": "file_none"}]) == lost
