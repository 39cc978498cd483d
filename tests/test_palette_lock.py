"""A palette that an icon is held to: what may be asked for, what a service is told, and what becomes of the colours."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from deployments.export.bundle import scores
from deployments.finish import finish
from deployments.pixels.palette import to_oklab
from deployments.schemas import Controls
from tests.door import Door, listening
from tests.generations import until
from tests.icons import BLUE, PALE, RED, container_icon, disc, flat, gradient, laid, shape, with_noise
from tests.pictures import encoded
from tests.sets import SETS, icon_set
from tests.test_cli import emblem

GENERATIONS = "/v1/generations"
PALETTE = ((255, 255, 255), (30, 90, 240), (220, 230, 240), (150, 180, 250))  # the last lies between two others
GREEN = (0, 160, 60)


def locked(pixels: np.ndarray, *palette: tuple[int, int, int]) -> np.ndarray:
    return finish(pixels, None, Controls(palette=palette))


def shares(pixels: np.ndarray, palette: tuple[tuple[int, int, int], ...]) -> list[float]:
    return [float((pixels == np.array(colour)).all(axis=-1).mean()) for colour in palette]


def test_oklab_is_that_of_its_author() -> None:
    """Ottosson's own figures, for white and pure red."""
    assert to_oklab(np.array([255, 255, 255])) == pytest.approx([1, 0, 0], abs=1e-4)
    assert to_oklab(np.array([255, 0, 0])) == pytest.approx([0.6280, 0.2249, 0.1258], abs=2e-4)


def test_surfaces_have_the_palettes_colours_and_edges_stay_soft() -> None:
    icon = with_noise(container_icon(), spread=4)
    result = locked(icon, *PALETTE)
    white, blue, pale, between = shares(result, PALETTE)
    assert white + blue + pale > 0.98 and min(white, blue, pale) > 0.1
    assert between == 0  # edges from white to blue do not run through it
    edge = result[128, 128:]  # from the disc's middle to the right
    assert {tuple(pixel) for pixel in edge.tolist()} > set(PALETTE[:3])
    assert np.array_equal(result, locked(icon, *PALETTE))


def test_an_edge_mixes_its_two_colours_by_how_much_of_the_pixel_each_has() -> None:
    coverage = shape(disc())
    result = locked(laid(coverage, RED, flat(PALE)), GREEN, (255, 255, 255))
    green = 1 - result[..., 0] / 255
    assert np.abs(green - green.round()).max() > 0.3  # there are soft edges
    assert np.abs(green - coverage).max() < 0.4 and green.mean() == pytest.approx(coverage.mean(), rel=0.03)


def test_what_is_measured_falls_to_nothing_and_is_absent_without_a_palette() -> None:
    icon = laid(shape(disc()), RED, gradient(BLUE, (90, 140, 250)))
    controls = Controls(palette=(RED, BLUE))
    before, after = (scores(encoded(Image.fromarray(one)), (), controls) for one in (icon, locked(icon, RED, BLUE)))
    assert before.palette_distance is not None and before.palette_distance > 5
    assert after.palette_distance is not None and after.palette_distance < 0.2
    assert scores(encoded(Image.fromarray(icon)), (), Controls()).palette_distance is None


def test_service_is_told_the_palette_for_icons_and_sets(client: TestClient, door: Door) -> None:
    body = {"prompt": "rocket", "size": "64x64", "palette": ["#FF0000", "#ff0000", "#00a03c"]}
    answer = client.post(GENERATIONS, json=body)
    assert answer.status_code == 202
    job = until(client, answer.json()["id"], "completed")
    assert client.post(SETS, json=icon_set("moon", palette=["#ffffff", "#000000"])).status_code == 202
    for one in client.get(GENERATIONS).json()["data"]:
        until(client, one["id"], "completed")
    asked = [request.controls.palette for request in door.services["icon"].requests]
    assert asked == [((255, 0, 0), (0, 160, 60)), ((255, 255, 255), (0, 0, 0))]
    measured: dict[str, Any] = client.get(f"{GENERATIONS}/{job['id']}/images/0/scores").json()
    assert measured["palette_distance"] > 0  # the fake service holds to none


@pytest.mark.parametrize(
    ("palette", "model", "code", "param"),
    [
        (["red"], "icon", "invalid_value", "palette.0"),
        (["#12345"], "icon", "invalid_value", "palette.0"),
        (["#123456"] * 9, "icon", "invalid_value", "palette"),
        ("#123456", "icon", "invalid_value", "palette"),
        (["#123456"], "splash", "palette_unsupported", "palette"),
        (["#abcdef"], "icon", "invalid_value", "palette"),  # its glyph would have the colour of its ground
        (["#abcdef", "#ABCDEF"], "icon", "invalid_value", "palette"),
    ],
)
def test_bad_palette_is_refused_and_costs_nothing(
    client: TestClient, door: Door, palette: object, model: str, code: str, param: str
) -> None:
    error = client.post(GENERATIONS, json={"prompt": "rocket", "model": model, "palette": palette}).json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert not any(service.requests for service in door.services.values())


def test_set_of_one_colour_is_refused_whole(client: TestClient, door: Door) -> None:
    answer = client.post(SETS, json=icon_set("moon", "sun", palette=["#abcdef"]))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "invalid_value", "palette")
    assert "#abcdef" in error["message"] and "two different colours" in error["message"]
    assert client.get(SETS).json()["data"] == [] and not door.services["icon"].requests


def test_command_line_takes_a_palette(door: Door) -> None:
    with listening(door.api) as url:
        words = ("--palette", "#102030,#ffffff", "--size", "64x64")
        for command in (("icon", "key"), ("set", "moon", "--name", "launch", "--out", "out")):
            done = emblem(door, url, *command, *words)
            assert done.returncode == 0, done.stderr
            done = emblem(door, url, *command, "--palette", "#102030")
            assert done.returncode == 1 and "two different colours" in done.stderr
    asked = [request.controls.palette for request in door.services["icon"].requests]
    assert asked == [((16, 32, 48), (255, 255, 255))] * 2
