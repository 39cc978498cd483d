"""A style in a browser: pinned from a picture, drawn in by a set, and found in what is exported."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.studio import Studio, faults_of, page, set_up, studio

__all__ = ["page", "studio"]  # fixtures

pytestmark = pytest.mark.browser

PROMPT = "a flat yellow leaf, red background, full bleed"
SUBJECTS = ("house", "heart", "star", "bell", "lock", "cloud")


def pin_one(page: Page, studio: Studio) -> None:
    """An icon that was drawn for it."""
    page.goto(f"{studio.url}/icons")
    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    page.get_by_label("Candidates").get_by_text("1", exact=True).click()
    page.get_by_text("Draft", exact=True).click()
    page.get_by_role("button", name="Draw").click()
    page.get_by_role("button", name="Look at image 1").click()
    page.get_by_role("button", name="Pin as style…").click()
    dialog = page.get_by_role("dialog", name="Pin as style")
    dialog.get_by_label("Name").fill("House")
    dialog.get_by_label("Words").fill("flat style")
    dialog.get_by_role("button", name="Pin it").click()
    dialog.get_by_role("link", name="Draw a set").click()


def draw_set(page: Page) -> None:
    page.get_by_role("button", name="New set").click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Subjects").fill(", ".join(SUBJECTS))
    page.get_by_label("Draw in style").select_option("House")
    expect(page.get_by_label("Template")).to_have_value("a {subject} icon")
    page.get_by_text("Draft", exact=True).click()
    page.get_by_role("button", name="Draw the set").click()
    expect(page.get_by_text("6 of 6 drawn")).to_be_visible()


def test_an_icon_becomes_a_style_that_a_set_is_drawn_and_exported_in(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    pin_one(page, studio)
    draw_set(page)
    page.get_by_role("button", name="Export…").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download zip").click()
    pictures, report = exported(download.value.path())
    assert list(pictures) == [f"{number:02}-{subject}.png" for number, subject in enumerate(SUBJECTS, 1)]
    for name, picture in pictures.items():
        red, green, blue = np.median(picture.reshape(-1, 3), axis=0)
        assert red > 1.5 * max(green, blue), name  # as the picture's ground: no word of the set's says so
    reference = report["drawing"]["style"]

    page.goto(f"{studio.url}/styles")
    card = page.get_by_role("region", name="House")
    expect(card.get_by_role("img", name="The picture of House")).to_be_visible()
    assert faults_of(page, f"{studio.url}/styles") == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    card.get_by_role("button", name="Delete").click()
    card.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert reference.startswith("style_") and reference.endswith("@1")


def exported(path: Path) -> tuple[dict[str, np.ndarray], dict[str, dict[str, str]]]:
    """Each icon's pixels by its file's name, and the report."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        icons = [name for name in archive.namelist() if name[:2].isdecimal()]
        pictures = {}
        for name in icons:
            with Image.open(io.BytesIO(archive.read(name))) as image:
                assert image.size == (256, 256)
                pictures[name] = np.asarray(image.convert("RGB"))
        return pictures, json.loads(archive.read("report.json"))
