"""A splash family in a browser: one brief in shapes and themes, from the splash page to the files of platforms."""

import zipfile

import pytest
from playwright.sync_api import Page, expect

from tests.studio import WAIT_MS, Studio, faults_of, page, set_up, studio

__all__ = ["page", "studio"]  # fixtures

pytestmark = pytest.mark.browser

SCREENS = ("portrait, light", "portrait, dark", "square, light", "square, dark")


def draw_family(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/splash")
    page.get_by_label("Prompt", exact=True).fill("mountains, sunset palette")
    page.get_by_label("Orientation").get_by_text("Family").click()
    page.get_by_label("Name of the family").fill("Start")
    page.get_by_role("group", name="Shapes").get_by_text("Landscape").click()
    page.get_by_role("button", name="Layout").click()
    page.get_by_label("Horizon from the top").fill("60")
    page.get_by_text("Draft", exact=True).click()
    with page.expect_response("**/v1/splash-sets") as answer:
        page.get_by_role("button", name="Draw 4 screens").click()
    assert answer.value.request.post_data_json["layout"] == {"horizon": 0.6}


def test_a_family_is_drawn_from_the_splash_page_and_exported_as_launch_screens(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    draw_family(page, studio)
    expect(page.get_by_role("heading", level=1, name="Start")).to_be_visible()
    for screen in SCREENS:
        expect(page.get_by_role("region", name=screen).get_by_role("img", name=screen)).to_be_visible()
    assert faults_of(page, page.url) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.get_by_role("button", name="Export…").click()
    page.get_by_role("radio", name="Launch screens").check()
    with page.expect_download(timeout=4 * WAIT_MS) as download:  # half a minute of work
        page.get_by_role("button", name="Download zip").click()
    assert download.value.suggested_filename == "start-splash-family.zip"
    with zipfile.ZipFile(download.value.path()) as bundle:
        assert bundle.testzip() is None
        names = bundle.namelist()
    for folder in ("ios/", "android/", "pwa/"):
        assert any(folder in name for name in names), names

    page.get_by_role("link", name="Sets").click()
    families = page.get_by_role("region", name="Splash families")
    expect(families.get_by_role("link", name="Start").locator("img")).to_have_count(len(SCREENS))
