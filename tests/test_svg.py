"""Icons as SVG: what the paths look like when they are drawn again, what they hold, and the ways to them."""

import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np
import pytest
import resvg_py
from fastapi.testclient import TestClient
from PIL import Image

from deployments.errors import InvalidRequest
from deployments.export.bundle import outlines
from deployments.export.check import check
from deployments.export.svg import ATTRIBUTES, MAX_BYTES, NAMESPACE, trace
from deployments.pixels.colour import delta_e, to_lab
from deployments.schemas import Controls
from tests.door import Door, listening
from tests.generations import submit, until
from tests.icons import (
    BLUE,
    PALE,
    RED,
    WHITE,
    combined,
    container_icon,
    disc,
    flat,
    gradient,
    laid,
    rectangle,
    shape,
    triangle,
    with_noise,
)
from tests.pictures import encoded
from tests.test_cli import emblem
from tests.uploads import uploaded

MAX_DELTA_E = 1.5  # mean CIEDE2000 between an icon and its SVG, drawn again
ICONS = {
    "container": container_icon(),
    "two shapes": laid(shape(combined(disc(0.3, 0.4, 0.15), rectangle(0.5, 0.5, 0.9, 0.8))), RED, flat(PALE)),
    "triangle": laid(shape(triangle()), WHITE, flat(BLUE)),
    "plain": flat(BLUE).astype(np.uint8),
    "drawn": with_noise(container_icon(), spread=3),
}


def drawn_again(svg: bytes, side_px: int) -> np.ndarray:
    png = resvg_py.svg_to_bytes(svg_string=svg.decode(), width=side_px, skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGB"))


@pytest.mark.parametrize("name", ICONS)
def test_paths_look_like_the_icon(name: str) -> None:
    icon = ICONS[name]
    svg = trace(icon)
    again = drawn_again(svg, len(icon))
    difference = float(delta_e(to_lab(again), to_lab(icon)).mean())
    assert again.shape == icon.shape and difference < MAX_DELTA_E * (2 if name == "drawn" else 1), difference
    assert trace(icon) == svg and len(svg) < MAX_BYTES


def test_document_is_filled_paths_and_nothing_else() -> None:
    root = ElementTree.fromstring(trace(container_icon()))
    assert (root.tag, set(root.attrib)) == (f"{{{NAMESPACE}}}svg", {"viewBox"})
    assert 2 <= len(root) <= 8
    for path in root:
        assert path.tag == f"{{{NAMESPACE}}}path" and set(path.attrib) <= ATTRIBUTES and not len(path)


def test_palette_that_was_asked_for_is_the_svgs() -> None:
    controls = Controls(palette=(BLUE, WHITE, PALE))
    root = ElementTree.fromstring(outlines(encoded(Image.fromarray(container_icon())), controls))
    fills = {path.attrib["fill"].lower() for path in root}
    assert fills == {"#{:02x}{:02x}{:02x}".format(*colour) for colour in (BLUE, WHITE, PALE)}


@pytest.mark.parametrize("icon", [gradient(RED, BLUE).astype(np.uint8), with_noise(gradient(RED, BLUE), spread=60)])
def test_what_is_not_flat_is_refused(icon: np.ndarray) -> None:
    with pytest.raises(InvalidRequest) as refused:
        trace(icon)
    assert refused.value.code == "not_flat"


def test_image_is_told_as_svg_where_it_is_flat(client: TestClient, door: Door) -> None:
    job = until(client, submit(client)["id"], "completed")  # noise
    url = f"{job['images'][0]['url']}/svg"
    refused = client.get(url)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "not_flat")
    (path,) = (door.data_dir / "images" / job["id"]).glob("0.png")
    path.write_bytes(encoded(Image.fromarray(container_icon())))
    answer = client.get(url)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/svg+xml"
    assert answer.content == trace(container_icon())


def test_export_has_it_when_asked_and_the_check_reads_it(client: TestClient) -> None:
    file_id = uploaded(client, encoded(Image.fromarray(container_icon())))["id"]
    plain, asked = (
        client.post("/v1/exports", json={"file_id": file_id, **more})
        for more in ({"platforms": ["favicon"]}, {"platforms": ["favicon", "svg"]})
    )
    names = [set(zipfile.ZipFile(io.BytesIO(one.content)).namelist()) for one in (plain, asked)]
    assert names[1] - names[0] == {"svg/icon.svg"}
    with zipfile.ZipFile(io.BytesIO(asked.content)) as archive:
        report = json.loads(archive.read("report.json"))
        middle = drawn_again(archive.read("svg/icon.svg"), 64)[32, 32]
    assert report["is_valid"] and np.abs(middle.astype(int) - WHITE).max() < 8


@pytest.mark.parametrize(
    "inside",
    ["<script>alert(1)</script>", '<image href="http://example.com/a.png"/>', '<path d="M0 0" onclick="a()"/>'],
)
def test_check_finds_what_runs_or_is_fetched(inside: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("svg/icon.svg", f'<svg xmlns="{NAMESPACE}" viewBox="0 0 1 1">{inside}</svg>')
    assert len(check(buffer.getvalue()).problems) == 1


def test_command_line_writes_it(door: Door) -> None:
    icon = encoded(Image.fromarray(container_icon()))
    (door.data_dir / "icon.png").write_bytes(icon)
    with listening(door.api) as url:
        zipped = emblem(door, url, "export", "icon.png", "--platform", "svg", "-o", "icon.zip")
        assert emblem(door, url, "icon", "key", "--size", "64x64").returncode == 0
        (path,) = (door.data_dir / "images").glob("gen_*/0.png")
        path.write_bytes(icon)
        alone = emblem(door, url, "export", path.parent.name, "-o", "icon.svg")
    assert (zipped.returncode, alone.returncode) == (0, 0), zipped.stderr + alone.stderr
    assert (door.data_dir / "icon.svg").read_bytes() == trace(container_icon())
    assert "svg/icon.svg" in zipfile.ZipFile(door.data_dir / "icon.zip").namelist()
