"""Style images, layout and samplers through the door: drawn as the engine draws what was meant by them."""

import base64
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from deployments.controls import load_reference_adapter
from deployments.encode import encode_image
from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.layout import Box
from deployments.engine.load import load_model
from deployments.engine.request import CalmRequest, ImageRequest, ReferenceRequest, RegionRequest
from deployments.engine.start import InitImage
from deployments.errors import ModelFolderError
from deployments.host import Host, open_host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.schemas import OutputFormat
from deployments.specs import STARTER
from tests.door import Door
from tests.generations import submit, until
from tests.ip_adapter import with_adapter as give_adapter
from tests.pictures import encoded, opened, picture
from tests.real_service import RealService
from tests.recorder import Recorder
from tests.sets import make_set, until_ended
from tests.uploads import EDITS, JsonObject, uploaded

PLAIN = ImageRequest("white rocket", None, 96, 64, num_steps=4, guidance_scale=4.0, seed=7)
ASKED = {"prompt": "white rocket", "size": "96x64", "num_inference_steps": 4, "guidance_scale": 4.0, "seed": 7}
FIRST, SECOND = picture(80, 64), picture(64, 96).rotate(90)


@pytest.fixture(scope="module")
def with_adapter(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store whose `starter` has an IP-Adapter."""
    folder = tmp_path_factory.mktemp("with-adapter")
    give_adapter(models_dir, folder / "starter")
    return folder


@pytest.fixture(scope="module")
def engine(with_adapter: Path) -> Iterator[Engine]:
    equipment = equip(load_model(with_adapter / "starter"), 16)
    assert load_reference_adapter(equipment, with_adapter / "starter", STARTER.references)
    engine = Engine(equipment, max_rows=8, num_threads=1)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def drawing(client: TestClient, door: Door, engine: Engine, with_adapter: Path) -> TestClient:
    """A client whose icons are drawn by a real engine."""
    store, manifest = ImageStore(f"file://{door.data_dir}/images"), read_manifest(with_adapter / "starter")
    door.serve("icon", RealService(Host("icon", engine, manifest, store, has_references=True)))
    return client


def references(**second: Any) -> tuple[ReferenceRequest, ...]:
    changes = {"weight": 1.6, "gates": "composition"} | second
    return (
        ReferenceRequest("references", np.asarray(FIRST), 0.48, "style", Box(0.25, 0, 0.75, 0.5), 0.25, 0.75),
        ReferenceRequest("references", np.asarray(SECOND), **changes),
    )


STYLE_IMAGES = [
    {"image": FIRST, "strength": 0.6, "mode": "style", "box": [0.25, 0, 0.5, 0.5], "start": 0.25, "end": 0.75},
    {"image": SECOND, "strength": 2, "mode": "composition"},
]
REGIONS = [
    {"box": [0, 0, 0.5, 1], "prompt": " red sun "},
    {"box": [0.7, 0.2, 0.3, 0.8], "prompt": "sea", "strength": 0.9},
]
CASES: dict[str, tuple[JsonObject, JsonObject]] = {
    "style images": ({"style_images": STYLE_IMAGES, "style_strength": 1}, {"references": references()}),
    "one by default": (
        {"style_images": [{"image": SECOND}]},
        {"references": references(weight=0.8 * 0.75**1.5, gates="full")[1:]},
    ),
    "regions": (
        {"layout": {"regions": REGIONS}},
        {"regions": (RegionRequest("red sun", Box(0, 0, 0.5, 1)), RegionRequest("sea", Box(0.7, 0.2, 1, 1), 0.9))},
    ),
    "copy space": (
        {"layout": {"copy_space": [0, 0, 1, 0.4]}},
        {"prompt": "white rocket, copy space at the top", "calm": (CalmRequest(Box(0, 0, 1, 0.4)),)},
    ),
    "copy space beside a logo": (
        {"layout": {"copy_space": [0.6, 0, 0.4, 1], "logo_box": [0.1, 0.3, 0.3, 0.4]}},
        {
            "prompt": "white rocket, copy space on the right",
            "calm": (CalmRequest(Box(0.6, 0, 1, 1)), CalmRequest(Box(0.1, 0.3, 0.4, 0.7))),
        },
    ),
    "in the middle": (
        {"layout": {"copy_space": [0.25, 0.25, 0.5, 0.5]}},
        {"calm": (CalmRequest(Box(0.25, 0.25, 0.75, 0.75)),)},
    ),
    "sampler": ({"sampler": "dpmpp_2m_karras"}, {"sampler": "dpmpp_2m_karras"}),
    "rescale": ({"guidance_rescale": 0.7}, {"guidance_rescale": 0.7}),
}


def with_files(client: TestClient, fields: JsonObject) -> JsonObject:
    """Pictures uploaded, and named by their files."""
    images = [
        {"file_id": uploaded(client, encoded(image["image"]))["id"]}
        | {name: value for name, value in image.items() if name != "image"}
        for image in fields.get("style_images", [])
    ]
    return fields | ({"style_images": images} if images else {})


def answered(client: TestClient, path: str = "/v1/images/generations", **fields: Any) -> np.ndarray:
    answer = client.post(path, json=ASKED | fields)
    assert answer.status_code == 200, answer.text
    return np.asarray(opened(base64.b64decode(answer.json()["data"][0]["b64_json"])))


def drawn(engine: Engine, request: ImageRequest) -> np.ndarray:
    return engine.submit(request).result.result(60).pixels_HWC


@pytest.mark.parametrize("name", CASES)
def test_controls_draw_what_the_engine_draws_of_them(drawing: TestClient, engine: Engine, name: str) -> None:
    said, meant = CASES[name]
    fields = with_files(drawing, said)
    pixels = answered(drawing, **fields)
    assert np.array_equal(pixels, drawn(engine, replace(PLAIN, **meant)))
    assert np.abs(pixels.astype(int) - drawn(engine, PLAIN)).mean() > 0.2
    job = until(drawing, submit(drawing, **ASKED | fields)["id"], "completed")
    assert np.array_equal(pixels, np.asarray(opened(drawing.get(job["images"][0]["url"]).content)))


def test_style_strength_of_nought_is_no_style(drawing: TestClient, engine: Engine) -> None:
    fields = with_files(drawing, {"style_images": [{"image": FIRST}], "style_strength": 0})
    assert np.array_equal(answered(drawing, **fields), drawn(engine, PLAIN))


def test_edit_takes_controls_as_well(drawing: TestClient, engine: Engine) -> None:
    base = picture(96, 64)
    fields = with_files(drawing, CASES["style images"][0]) | {"layout": {"logo_box": [0, 0, 0.5, 0.5]}}
    image = {"file_id": uploaded(drawing, encoded(base))["id"]}
    pixels = answered(drawing, EDITS, images=[image], strength=0.75, **fields)
    meant = replace(PLAIN, references=references(), calm=(CalmRequest(Box(0, 0, 0.5, 0.5)),))
    assert np.array_equal(pixels, drawn(engine, replace(meant, init=InitImage(base), strength=0.75)))


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_items_of_a_set_are_drawn_after_its_hero(
    drawing: TestClient, engine: Engine, output_format: OutputFormat
) -> None:
    fields = {name: value for name, value in ASKED.items() if name != "prompt"} | {"output_format": output_format}
    made = make_set(drawing, "white rocket", "sea", template="{subject}", consistency="hero", **fields)
    hero, other = (
        np.asarray(opened(drawing.get(item["images"][0]["url"]).content))
        for item in until_ended(drawing, made)["items"]
    )
    meant = replace(PLAIN, prompt="sea", references=(ReferenceRequest("references", hero, 1.0, "style"),))
    after_it, alone = (
        np.asarray(opened(encode_image(drawn(engine, one), output_format, 90)))
        for one in (meant, replace(PLAIN, prompt="sea"))
    )
    assert np.array_equal(other, after_it) and not np.array_equal(other, alone)


def test_style_image_that_is_deleted_while_it_waits_fails_the_generation(
    client: TestClient, door: Door, engine: Engine, with_adapter: Path
) -> None:
    store, manifest = ImageStore(f"file://{door.data_dir}/images"), read_manifest(with_adapter / "starter")
    service = RealService(Host("icon", engine, manifest, store, has_references=True))
    door.serve("icon", service)
    fields = with_files(client, {"style_images": [{"image": FIRST}]})
    for path in (door.data_dir / "images" / "files").iterdir():
        path.unlink()
    ended = until(client, submit(client, **ASKED | fields)["id"], "failed")
    assert ended["error"]["code"] == "input_deleted" and not ended["images"]


def test_opened_host_has_the_adapter_that_lies_in_its_models_folder(with_adapter: Path, tmp_path: Path) -> None:
    """`test_host.py` opens one without."""
    host = open_host("icon", "starter", str(with_adapter), f"file://{tmp_path}", str(tmp_path), 0.0, Recorder())
    assert host.describe().has_references
    host.close()


def test_adapter_that_does_not_load_is_not_passed_over(with_adapter: Path, tmp_path: Path) -> None:
    starter = shutil.copytree(with_adapter / "starter", tmp_path / "starter")
    (starter / STARTER.references.adapter).write_bytes(b"no weights")
    with pytest.raises(ModelFolderError, match=r"ip-adapter\.safetensors"):
        open_host("icon", "starter", str(tmp_path), f"file://{tmp_path}", str(tmp_path), 0.0, Recorder())
