"""Images on a larger canvas, through the door: what is asked of a service, and what becomes of the given pixels."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.pixels.outpaint import FEATHER, grow
from deployments.schemas import Expansion
from tests.door import Door
from tests.generations import submit, until
from tests.pictures import encoded, masked, opened, picture, png
from tests.real_service import RealService
from tests.uploads import EDITS, VARIATIONS, edited, references, send

SIDES = {"left_px": 32, "bottom_px": 64}
GROWN = Expansion(left_px=32, bottom_px=64)


def test_service_is_told_how_the_canvas_grows(client: TestClient, door: Door) -> None:
    (image,) = references(client, png())
    by_file = client.post(EDITS, json={"prompt": "make it blue", "images": [image], "expand": SIDES, "seed": 3})
    assert by_file.status_code == 200, by_file.text
    by_form = edited(client, png(), expand=json.dumps(SIDES), seed=3, cache="false")
    job = submit(client, prompt="make it blue", images=[image], expand=SIDES, seed=3, cache=False)
    assert until(client, job["id"], "completed")["size"] == by_file.json()["size"] == by_form["size"] == "128x128"
    first, second, third = door.services["icon"].requests
    assert first.expand == second.expand == third.expand == GROWN
    assert (first.strength, first.mask, first.image) == (0.9, None, second.image)
    edited(client, png(), path=VARIATIONS, expand=json.dumps(SIDES), strength=0.5)
    assert door.services["icon"].requests[-1].strength == 0.5


def test_given_pixels_stay_but_for_the_feather(client: TestClient, door: Door, models_dir: Path) -> None:
    engine = Engine(equip(load_model(models_dir / "starter"), 16), max_rows=8, num_threads=1)
    store = ImageStore(f"file://{door.data_dir}/images")
    engine.start()
    try:
        door.serve("icon", RealService(Host("icon", engine, read_manifest(models_dir / "starter"), store)))
        body = edited(client, encoded(picture()), expand=json.dumps(SIDES), num_inference_steps=6, seed=7)
    finally:
        engine.stop()
    drawn, given = np.asarray(opened(base64.b64decode(body["data"][0]["b64_json"]))), np.asarray(picture())
    canvas, mask = (np.asarray(one) for one in grow(picture(), GROWN))
    assert drawn.shape == canvas.shape == (128, 128, 3)
    inner = slice(0, 64 - round(64 * FEATHER)), slice(32 + round(64 * FEATHER), 128)
    assert np.array_equal(drawn[inner], given[: inner[0].stop, inner[1].start - 32 :])
    assert (mask[inner] == 0).all() and (mask[64:] == 255).all() and (mask[:, :32] == 255).all()
    outside = mask == 255
    assert np.abs(drawn[outside].astype(int) - canvas[outside]).mean() > 5  # it was drawn


def test_canvas_goes_on_with_the_colours_of_the_edge_and_the_feather_falls_inwards() -> None:
    half = Image.new("RGB", (96, 64), "red")
    half.paste("blue", (48, 0, 96, 64))
    canvas, mask = grow(half, Expansion(left_px=48, right_px=48))
    assert canvas.size == mask.size == (192, 64)
    assert canvas.getpixel((2, 32)) == (255, 0, 0) and canvas.getpixel((189, 32)) == (0, 0, 255)
    row = np.asarray(mask)[32]
    assert (np.diff(row[:96].astype(int)) <= 0).all() and row[47] == 255 and row[48] < 255 and row[52:140].max() == 0
    assert np.array_equal(np.asarray(mask)[0], row)  # neither above nor below anything is drawn


@pytest.mark.parametrize(
    ("expand", "param", "code"),
    [
        ("wide", "expand", "invalid_value"),
        ("[32]", "expand", "invalid_value"),
        ("{}", "expand", "invalid_value"),
        ('{"left_px": 0}', "expand", "invalid_value"),
        ('{"left_px": -32}', "expand.left_px", "invalid_value"),
        ('{"left_px": 2049}', "expand.left_px", "invalid_value"),
        ('{"left_px": "32"}', "expand.left_px", "invalid_value"),
        ('{"left_px": 32.5}', "expand.left_px", "invalid_value"),
        ('{"left": 32}', "expand.left", "unknown_parameter"),
        ('{"left_px": 33}', "expand", "invalid_size"),
        ('{"left_px": 2048}', "expand", "invalid_size"),
        ('{"left_px": 32, "left_px": 64}', "expand", "invalid_value"),
    ],
)
def test_what_can_not_be_grown_is_refused_and_nothing_is_kept(
    client: TestClient, door: Door, expand: str, param: str, code: str
) -> None:
    answer = send(client, png(), expand=expand)
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code), error
    assert not door.services["icon"].requests and not client.get("/v1/files").json()["data"]


def test_what_contradicts_it_is_refused(client: TestClient, door: Door) -> None:
    expand = json.dumps(SIDES)
    (image,) = references(client, png())
    for answer, param, code in (
        (send(client, png(), masked(), expand=expand), "expand", "expand_conflict"),
        (send(client, png(), expand=expand, size="128x128"), "expand", "expand_conflict"),
        (client.post("/v1/generations", json={"prompt": "a", "expand": SIDES}), "images", "reference_required"),
        (client.post(EDITS, json={"prompt": "a", "images": [image], "expand": expand}), "expand", "invalid_value"),
        (
            client.post(EDITS, json={"prompt": "a", "images": [image], "expand": SIDES, "palette": ["#ffffff"]}),
            "palette", "palette_unsupported",
        ),
    ):  # fmt: skip
        error = answer.json()["error"]
        assert (answer.status_code, error["param"], error["code"]) == (400, param, code), error
    assert not door.services["icon"].requests
