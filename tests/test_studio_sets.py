"""An icon set in a browser: made, followed to its end, looked at and exported."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.studio import Studio, faults_of, page, set_up, studio

__all__ = ["page", "studio"]  # fixtures

pytestmark = pytest.mark.browser


def make_set(page: Page, subjects: str) -> None:
    page.get_by_role("link", name="Sets").click()
    page.get_by_role("button", name="New set").click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Subjects").fill(subjects)
    page.get_by_role("group", name="Ground's colour").get_by_label("green", exact=True).click()
    page.get_by_text("Draft", exact=True).click()
    page.get_by_role("button", name="Draw the set").click()


def test_a_set_is_made_followed_to_its_end_and_exported(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    make_set(page, "house, heart\nstar, Heart")
    expect(page.get_by_role("heading", level=1, name="Shop")).to_be_visible()
    for subject in ("house", "heart", "star"):
        expect(page.get_by_role("region", name=subject).get_by_role("img", name=subject)).to_be_visible()
    expect(page.get_by_role("group", name="Consistency")).to_contain_text("% alike")

    page.reload()
    page.get_by_role("button", name="Export…").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download zip").click()
    assert download.value.suggested_filename == "shop-icon-set.zip"
    assert_is_export(download.value.path())
    assert faults_of(page, page.url) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def assert_is_export(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in ("01-house.png", "02-heart.png", "03-star.png"):
            with Image.open(io.BytesIO(archive.read(name))) as image:
                image.load()
                assert image.size == (256, 256)
        report = json.loads(archive.read("report.json"))
        assert report["template"] == "a flat white {subject} on a green rounded square"
        assert 0 < report["consistency_score"] <= 1
        assert "contact-sheet.png" in archive.namelist()
