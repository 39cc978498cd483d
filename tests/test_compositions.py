"""Compositions of splash screens: what may be asked for, what a service is told of it, how it is told again."""

from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient

from serve_app.controls.compositions import COMPOSITIONS, CompositionName, Format
from tests.door import Door, listening
from tests.generations import submit, until
from tests.test_cli import emblem

GENERATIONS = "/v1/generations"
SIZES: dict[Format, str] = {"portrait": "192x352", "landscape": "352x192", "square": "256x256"}
# Left, top, right and bottom of what a phone shows uncovered: 393 x 852 points, less its clock and home bar.
SEEN: dict[Format, tuple[float, float, float, float]] = {
    "portrait": (0.08, 0.07, 0.92, 0.96), "landscape": (0.07, 0.08, 0.93, 0.88), "square": (0.27, 0.07, 0.73, 0.96),
}  # fmt: skip


def drawn(client: TestClient, door: Door, **fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = until(client, submit(client, model="splash", **fields)["id"], "completed")["controls"]
    return told["layout"] | {"asked": door.services["splash"].requests[-1].controls}


@pytest.mark.parametrize("name", get_args(CompositionName))
def test_template_fits_the_size_that_is_asked_for(client: TestClient, door: Door, name: CompositionName) -> None:
    for shape, found in COMPOSITIONS[name].arrangements.items():
        words = [{"prompt": "a lighthouse"} for _ in found.regions]
        told = drawn(client, door, size=SIZES[shape], layout={"template": name, "regions": words})
        controls = told.pop("asked")
        assert controls.composition == f"{name}@1"
        assert (controls.copy_space, controls.logo_box) == (found.copy_space, found.logo_box)
        assert controls.horizon == found.horizon
        assert tuple(region.box for region in controls.regions) == found.regions
        assert drawn(client, door, size=SIZES[shape], layout=told)["asked"] == controls


@pytest.mark.parametrize("name", get_args(CompositionName))
def test_text_and_logo_lie_where_a_phone_shows_them(name: CompositionName) -> None:
    assert set(COMPOSITIONS[name].arrangements) == set(SIZES)
    for shape, found in COMPOSITIONS[name].arrangements.items():
        left, top, right, bottom = SEEN[shape]
        boxes = [box for box in (found.copy_space, found.logo_box) if box]
        assert boxes
        for box in boxes:
            assert left <= box[0] and top <= box[1] and box[0] + box[2] <= right and box[1] + box[3] <= bottom


def test_what_is_said_beside_a_template_wins(client: TestClient, door: Door) -> None:
    box, region = [0.3, 0.05, 0.4, 0.1], {"prompt": "sea", "box": [0, 0.7, 1, 0.3]}
    layout = {"template": "hero_bottom", "copy_space": box, "horizon": 0.4, "regions": [region, {"prompt": "boat"}]}
    controls = drawn(client, door, size=SIZES["portrait"], layout=layout)["asked"]
    own = COMPOSITIONS["hero_bottom"].arrangements["portrait"]
    assert (controls.copy_space, controls.logo_box, controls.horizon) == (tuple(box), None, 0.4)
    assert [one.box for one in controls.regions] == [(0, 0.7, 1, 0.3), *own.regions]


def test_family_is_composed_anew_in_each_shape(client: TestClient, door: Door) -> None:
    body = {"name": "launch", "brief": "forest", "layout": {"template": "copy_bottom"}}
    assert client.post("/v1/splash-sets", json=body).status_code == 202
    for job in client.get(GENERATIONS).json()["data"]:
        until(client, job["id"], "completed")
    found = {f"{one.width_px}x{one.height_px}": one.controls.copy_space for one in door.services["splash"].requests}
    arrangements = COMPOSITIONS["copy_bottom"].arrangements
    assert found == {SIZES[shape]: arrangements[shape].copy_space for shape in SIZES}


def test_templates_are_told_with_their_versions(client: TestClient) -> None:
    told = {model["id"]: model["templates"] for model in client.get("/v1/models").json()["data"]}
    assert told["icon"] == [] and [one["name"] for one in told["splash"]] == list(COMPOSITIONS)
    first = told["splash"][0]
    assert first["version"] == 1 and first["arrangements"]["portrait"]["copy_space"] == [0.1, 0.1, 0.8, 0.26]


@pytest.mark.parametrize(
    ("model", "layout", "code", "param"),
    [
        ("splash", {"template": "golden"}, "invalid_value", "template"),
        ("icon", {"template": "copy_top"}, "template_unsupported", "template"),
        ("splash", {"regions": [{"prompt": "sea"}]}, "missing_parameter", "regions.0.box"),
        ("splash", {"template": "logo_centre", "regions": [{"prompt": "sea"}]}, "missing_parameter", "regions.0.box"),
        ("splash", {"template": "copy_top", "logo_box": [0.1, 0.1, 0.2, 0.2]}, "boxes_overlap", "logo_box"),
    ],
)
def test_what_does_not_fit_together_is_refused_and_costs_nothing(
    client: TestClient, door: Door, model: str, layout: dict[str, Any], code: str, param: str
) -> None:
    answer = client.post(GENERATIONS, json={"prompt": "sea", "model": model, "layout": layout})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, f"layout.{param}")
    assert not door.services["splash"].requests and client.get(GENERATIONS).json()["data"] == []


def test_command_line_names_a_template(door: Door) -> None:
    with listening(door.api) as url:
        done = emblem(door, url, "splash", "sea", "--template", "logo_top", "--size", "352x192")
        refused = emblem(door, url, "splash", "sea", "--template", "golden")
    assert done.returncode == 0, done.stderr
    assert door.services["splash"].requests[0].controls.composition == "logo_top@1"
    assert refused.returncode == 1 and "layout.template" in refused.stderr
