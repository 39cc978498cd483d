"""The whole way in one sitting: a browser before `emblem run`, with the starter model on a real Ray cluster."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.graph import Graph, running_graph
from tests.studio import ROOT, begin, page
from tests.test_studio_layout import fields_of
from tests.test_studio_styles import SUBJECTS, draw_set, exported

__all__ = ["page"]  # a fixture

pytestmark = pytest.mark.browser

ICON = "a flat yellow leaf, red background, full bleed"
SPLASH = "mountains, sunset palette"


@pytest.fixture
def graph(page: Page, tmp_path: Path) -> Iterator[Graph]:  # noqa: ARG001  # without a browser there is nothing to do
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    (data_dir / "models").symlink_to(ROOT / "models")
    with running_graph(data_dir) as graph:
        yield graph


def printed_link(graph: Graph) -> str:
    """That the first start tells."""
    link = re.search(rf"^\s*({graph.url}/set-password#\S+)$", graph.output, re.MULTILINE)
    assert link, graph.output
    return link[1]


def ask(page: Page, address: str, prompt: str, quality: str) -> None:
    page.goto(address)
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.get_by_label("Candidates").get_by_text("1", exact=True).click()
    page.get_by_text(quality, exact=True).click()


def draw_icon(page: Page, graph: Graph) -> None:
    ask(page, f"{graph.url}/icons", ICON, "Fine")
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_alt_text("Preview 1")).to_be_visible()
    expect(page.get_by_role("img", name=ICON)).to_be_visible()


def pin(page: Page) -> None:
    page.get_by_role("button", name="Look at image 1").click()
    page.get_by_role("button", name="Pin as style…").click()
    dialog = page.get_by_role("dialog", name="Pin as style")
    dialog.get_by_label("Name").fill("House")
    dialog.get_by_role("button", name="Pin it").click()
    dialog.get_by_role("link", name="Draw a set").click()


def export(page: Page) -> Path:
    page.get_by_role("button", name="Export…").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download zip").click()
    return download.value.path()


def draw_splash(page: Page, graph: Graph) -> None:
    ask(page, f"{graph.url}/splash", SPLASH, "Draft")
    page.get_by_role("button", name="Layout").click()
    page.get_by_role("button", name="Add copy space").click()
    page.get_by_role("button", name="Add region").click()
    fields_of(page, "Region 1").get_by_label("What it shows").fill("waves")
    with page.expect_response("**/v1/generations") as answer:
        page.get_by_role("button", name="Draw").click()
    assert {"regions", "copy_space"} <= answer.value.request.post_data_json["layout"].keys()
    expect(page.get_by_role("img", name=SPLASH)).to_be_visible()


def look_around(page: Page, graph: Graph) -> None:
    """Wherever something was made, it is."""
    page.goto(f"{graph.url}/gallery")
    for picture in (ICON, SPLASH, f"a {SUBJECTS[0]} icon"):
        expect(page.get_by_role("button", name=picture).locator("img")).to_be_visible()
    page.reload()
    page.get_by_role("button", name=SPLASH).click()
    expect(page.get_by_role("dialog").get_by_role("img", name=SPLASH).first).to_be_visible()
    page.goto(f"{graph.url}/sets")
    page.get_by_role("link", name="Shop").click()
    for subject in SUBJECTS:
        expect(page.get_by_role("region", name=subject).get_by_role("img", name=subject)).to_be_visible()
    page.goto(f"{graph.url}/styles")
    expect(page.get_by_role("region", name="House").get_by_role("img", name="The picture of House")).to_be_visible()


def test_from_the_first_start_to_a_style_a_set_and_a_splash_that_stay(page: Page, graph: Graph) -> None:
    begin(page, printed_link(graph))
    draw_icon(page, graph)
    pin(page)
    draw_set(page)
    archive = export(page)
    pictures, report = exported(archive)
    assert list(pictures) == [f"{number:02}-{subject}.png" for number, subject in enumerate(SUBJECTS, 1)]
    assert all(picture.std() > 5 for picture in pictures.values())  # something is on each
    assert report["drawing"]["style"].endswith("@1")
    with zipfile.ZipFile(archive) as bundle:
        assert bundle.getinfo("contact-sheet.png").file_size > 10_000
    draw_splash(page, graph)
    look_around(page, graph)
