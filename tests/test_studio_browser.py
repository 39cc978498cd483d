"""The studio as people use it: in a browser, with the starter model behind the real gateway."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from deployments.engine.engine import Engine
from tests.studio import (
    STARTER_DIR,
    Studio,
    faults_of,
    running_browser,
    running_engine,
    running_studio,
    set_up,
    watched_page,
)

pytestmark = pytest.mark.browser

PROMPT = "a flat white leaf on a green circle"
PAGES = ("icons", "splash", "sets", "gallery", "styles", "keys", "admin")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Iterator[Engine]:  # noqa: ARG001  # without a browser there is nothing to draw
    with running_engine(STARTER_DIR) as engine:
        yield engine


@pytest.fixture
def studio(tmp_path: Path, engine: Engine) -> Iterator[Studio]:
    with running_studio(tmp_path, STARTER_DIR, engine) as studio:
        yield studio


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with watched_page(browser) as page:
        yield page


def draw(page: Page, studio: Studio, prompt: str = PROMPT, quality: str = "Draft", count: str = "1") -> None:
    page.goto(f"{studio.url}/icons")
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.get_by_label("Candidates").get_by_text(count, exact=True).click()
    page.get_by_text(quality, exact=True).click()
    page.get_by_role("button", name="Draw").click()


def finished(page: Page, prompt: str = PROMPT) -> None:
    expect(page.get_by_label(f"Images for: {prompt}").get_by_role("img", name=prompt).first).to_be_visible()


def test_from_the_first_set_up_to_exported_files_that_a_reload_keeps(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    draw(page, studio, quality="Fine")
    expect(page.get_by_alt_text("Preview 1")).to_be_visible()
    finished(page)
    expect(page.get_by_text(re.compile(r"\d of \d checks good"))).to_be_visible()

    page.get_by_role("button", name="Look at image 1").click()
    expect(page.get_by_role("list", name="Scores")).to_contain_text("Contrast")
    page.get_by_role("button", name="Export…").click()
    page.get_by_label("App name").fill("Leaf")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download zip").click()
    assert download.value.suggested_filename == "leaf-icons.zip"
    assert_is_export(download.value.path(), "Leaf")

    page.goto(f"{studio.url}/gallery")
    page.get_by_role("button", name=PROMPT).click()
    page.reload()
    expect(page.get_by_role("dialog").get_by_alt_text(PROMPT, exact=True)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    with Image.open(download.value.path()) as image:
        assert (image.format, image.size) == ("PNG", (256, 256))


def assert_is_export(path: Path, name: str) -> None:
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        names = bundle.namelist()
        for start in ("ios/", "android/", "pwa/", "favicon/"):
            assert any(start in one for one in names), (start, names)
        (manifest,) = (one for one in names if one.endswith((".webmanifest", "manifest.json")))
        assert json.loads(bundle.read(manifest))["name"] == name
        pictures = [one for one in names if one.endswith(".png")]
        for picture in pictures:
            with Image.open(io.BytesIO(bundle.read(picture))) as image:
                image.load()
        assert len(pictures) > 20


def test_a_reload_while_drawing_picks_it_up_and_cancelling_ends_it(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    draw(page, studio, quality="Fine", count="6")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.reload()
    expect(page.get_by_alt_text("Preview 1")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Drawing")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled")).to_be_visible()


def test_an_image_is_varied_and_reproduced(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    draw(page, studio)
    finished(page)
    page.get_by_role("button", name="Look at image 1").click()
    seed = page.get_by_role("row", name="Seed").get_by_role("cell").inner_text()
    page.get_by_role("link", name="Use as starting image").click()
    expect(page.get_by_alt_text("The starting image")).to_be_visible()
    expect(page.get_by_label("Seed")).to_have_value("")
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_role("button", name="Look at image 1")).to_have_count(2)

    page.get_by_role("button", name="Look at image 1").last.click()
    page.get_by_role("link", name="Reproduce").click()
    expect(page.get_by_label("Seed")).to_have_value(seed)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(PROMPT)
    expect(page.get_by_text("the live one")).to_be_visible()


def test_two_users_do_not_see_each_others_work(page: Page, browser: Browser, studio: Studio) -> None:
    set_up(page, studio)
    draw(page, studio)
    finished(page)
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("button", name="New user").click()
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_role("button", name="Create").click()
    link = page.get_by_role("dialog").locator("pre").inner_text()

    with browser.new_context() as context:
        other = context.new_page()
        set_up(other, studio, token=link.split("#")[1], name="ada")
        other.get_by_role("link", name="Gallery").click()
        expect(other.get_by_text("Nothing here yet.")).to_be_visible()
        expect(other.get_by_role("link", name="Admin")).to_have_count(0)
        hers = "a bold red star"
        draw(other, studio, hers)
        finished(other, hers)

    page.goto(f"{studio.url}/gallery")
    expect(page.get_by_role("button", name=PROMPT)).to_be_visible()
    expect(page.get_by_role("button", name=hers)).to_have_count(0)


def test_who_signs_in_next_in_the_same_window_sees_nothing_of_the_last(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    draw(page, studio)
    finished(page)
    page.get_by_role("button", name="admin").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_label("Name or e-mail")).to_be_visible()
    expect(page.get_by_alt_text(PROMPT)).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Name or e-mail")).to_be_visible()


def test_axe_finds_nothing_serious_in_light_and_in_dark(page: Page, studio: Studio) -> None:
    found = faults_of(page, f"{studio.url}/icons", "Sign in")
    found += faults_of(page, f"{studio.url}/set-password", "Set your password")
    set_up(page, studio)
    draw(page, studio)
    finished(page)
    for name in PAGES:
        found += faults_of(page, f"{studio.url}/{name}")
    page.goto(f"{studio.url}/gallery")
    page.get_by_role("button", name=PROMPT).click()
    expect(page.get_by_role("list", name="Scores")).to_be_visible()
    found += faults_of(page, page.url)
    assert found == []


def test_a_phone_has_no_page_wider_than_itself(page: Page, studio: Studio) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    set_up(page, studio)
    for name in PAGES:
        page.goto(f"{studio.url}/{name}")
        page.get_by_role("heading", level=1).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name


def test_the_keyboard_alone_draws(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    page.get_by_label("Prompt", exact=True).focus()
    page.keyboard.type(PROMPT)
    page.keyboard.press("Control+Enter")
    finished(page)
    page.get_by_role("button", name="Look at image 1").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Look at image 1")).to_be_focused()
