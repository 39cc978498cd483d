"""Keyline templates: what may be asked for, what a service is told, and what becomes of an icon."""

from typing import Any, get_args

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.export.bundle import scores
from deployments.finish import finish
from deployments.pixels.templates import TEMPLATES, TemplateName, max_optical_side
from deployments.schemas import Controls, KeylineUse
from tests.door import Door, listening
from tests.generations import until
from tests.icons import BLUE, PALE, RED, WHITE, container_icon, disc, flat, gradient, laid, rectangle, shape, with_noise
from tests.pictures import encoded
from tests.sets import SETS, icon_set
from tests.test_cli import emblem

GENERATIONS = "/v1/generations"


def use(name: TemplateName) -> KeylineUse:
    keyline = TEMPLATES[name].keyline
    return KeylineUse(
        template=f"{name}@1", live_shape=keyline.live_shape, live_side=keyline.live_side,
        optical_side=keyline.optical_side, anchor=keyline.anchor,
    )  # fmt: skip


def ask(client: TestClient, keyline: object, **fields: object) -> dict[str, Any]:
    body = {"prompt": "rocket", "size": "64x64", "layout": {"keyline": keyline}, **fields}
    answer = client.post(GENERATIONS, json=body)
    error: dict[str, Any] = answer.json()["error"] or {}
    return error | {"status_code": answer.status_code}


@pytest.mark.parametrize("name", get_args(TemplateName))
@pytest.mark.parametrize(
    "icon",
    [
        container_icon(),
        laid(shape(disc(0.3, 0.4, 0.15)), RED, flat(PALE)),
        laid(shape(rectangle(0.2, 0.3, 0.9, 0.4)), BLUE, gradient(WHITE, PALE)),
    ],
    ids=["container", "disc beside the middle", "long bar"],
)
def test_any_icon_is_brought_onto_any_template(name: TemplateName, icon: np.ndarray) -> None:
    controls = Controls(keyline=use(name))
    placed = finish(icon, None, controls)
    measured = scores(encoded(Image.fromarray(placed)), (), controls)
    assert placed.shape == icon.shape and np.array_equal(placed, finish(icon, None, controls))
    assert measured.keyline_fill == pytest.approx(1, abs=0.03)
    assert measured.keyline_offset is not None and measured.keyline_offset < 0.005
    assert measured.outside_keyline == 0
    before = scores(encoded(Image.fromarray(icon)), (), controls)
    assert before.keyline_fill is not None and before.keyline_offset is not None
    assert abs(before.keyline_fill - 1) > 0.04 or before.keyline_offset > 0.02


def test_what_has_no_subject_stays_as_it_is_and_is_not_measured() -> None:
    picture = with_noise(gradient(RED, BLUE), spread=40)
    controls = Controls(keyline=use("material"))
    assert np.array_equal(finish(picture, None, controls), picture)
    assert scores(encoded(Image.fromarray(picture)), (), controls).keyline_fill is None
    assert scores(encoded(Image.fromarray(container_icon())), (), Controls()).keyline_fill is None


def test_templates_can_be_kept_and_are_told_with_their_versions(client: TestClient) -> None:
    told = {model["id"]: model["keylines"] for model in client.get("/v1/models").json()["data"]}
    assert told["splash"] == [] and {one["name"] for one in told["icon"]} == set(get_args(TemplateName))
    for one in told["icon"]:
        keyline = TEMPLATES[one["name"]].keyline
        assert (one["live_side"], one["version"]) == (keyline.live_side, 1)
        assert keyline.optical_side <= max_optical_side(keyline) and keyline.live_side <= 1


def test_service_is_told_the_template_and_what_is_otherwise(client: TestClient, door: Door) -> None:
    assert ask(client, {"template": "circle"})["status_code"] == 202
    assert ask(client, {"template": "ios", "padding": 0.2, "anchor": [0.5, 0.6]})["status_code"] == 202
    assert client.post(SETS, json=icon_set("moon", layout={"keyline": {"template": "adaptive"}})).status_code == 202
    for job in client.get(GENERATIONS).json()["data"]:
        until(client, job["id"], "completed")
    first, second, third = (request.controls.keyline for request in door.services["icon"].requests)
    assert first == use("circle") and third == use("adaptive")
    assert second == use("ios").model_copy(update={"live_side": 0.6, "optical_side": 0.5, "anchor": (0.5, 0.6)})


@pytest.mark.parametrize(
    ("keyline", "fields", "code", "param"),
    [
        ({"template": "hexagon"}, {}, "invalid_value", ".template"),
        ({"padding": 0.1}, {}, "missing_parameter", ".template"),
        ("material", {}, "invalid_value", ""),
        ({"template": "material", "padding": 0.5}, {}, "invalid_value", ".padding"),
        ({"template": "material", "anchor": [0.5]}, {}, "invalid_value", ".anchor"),
        ({"template": "material", "size": 1}, {}, "unknown_parameter", ".size"),
        ({"template": "circle", "optical_size": 0.8}, {}, "keyline_impossible", ".optical_size"),
        ({"template": "material", "padding": 0.3, "optical_size": 0.5}, {}, "keyline_impossible", ".optical_size"),
        ({"template": "material", "anchor": [0.5, 0.7]}, {}, "keyline_impossible", ".anchor"),
        ({"template": "material"}, {"model": "splash"}, "keyline_unsupported", ""),
        ({"template": "material"}, {"size": "64x96"}, "keyline_unsupported", ""),
    ],
)
def test_impossible_template_is_refused_and_costs_nothing(
    client: TestClient, door: Door, keyline: object, fields: dict[str, object], code: str, param: str
) -> None:
    error = ask(client, keyline, **fields)
    assert (error["status_code"], error["code"], error["param"]) == (400, code, f"layout.keyline{param}")
    assert not door.services["icon"].requests and client.get(GENERATIONS).json()["data"] == []


def test_command_line_names_a_template(door: Door) -> None:
    with listening(door.api) as url:
        done = emblem(door, url, "icon", "key", "--keyline", "maskable", "--size", "64x64")
        refused = emblem(door, url, "icon", "key", "--keyline", "hexagon")
    assert done.returncode == 0, done.stderr
    assert door.services["icon"].requests[0].controls.keyline == use("maskable")
    assert refused.returncode == 1 and "layout.keyline.template" in refused.stderr
