"""What lies where in a splash screen, said in a browser: on the canvas, by keys and in figures."""

import zipfile

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.studio import AXE, Studio, page, set_up, studio

__all__ = ["page", "studio"]  # fixtures

pytestmark = pytest.mark.browser

PROMPT = "mountains, sunset palette, low horizon"
SIDES = ("Left", "Top", "Width", "Height")


def open_layout(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/splash")
    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    page.get_by_role("button", name="Layout").click()
    expect(canvas_of(page)).to_be_visible()


def canvas_of(page: Page) -> Locator:
    return page.get_by_role("application", name="Canvas").locator("canvas").last


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Between places of the canvas, in percent."""
    canvas_of(page).scroll_into_view_if_needed()
    bounds = canvas_of(page).bounding_box()
    assert bounds is not None
    page.mouse.move(*_point(bounds, start))
    page.mouse.down()
    page.mouse.move(*_point(bounds, end), steps=8)
    page.mouse.up()


def _point(bounds: FloatRect, place: tuple[float, float]) -> tuple[float, float]:
    return bounds["x"] + bounds["width"] * place[0] / 100, bounds["y"] + bounds["height"] * place[1] / 100


def fields_of(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def figures(page: Page) -> list[int]:
    """Of the copy space."""
    fields = fields_of(page, "Copy space")
    return [int(fields.get_by_label(side, exact=True).input_value().removesuffix(" %")) for side in SIDES]


def test_a_splash_screen_is_drawn_with_a_region_and_a_calm_copy_space(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    open_layout(page, studio)
    page.get_by_role("button", name="Add copy space").click()
    assert figures(page) == [10, 10, 80, 20]
    drag(page, (50, 20), (50, 25))
    left, top, width, height = figures(page)
    assert (left, width, height) == (10, 80, 20) and 14 <= top <= 16
    drag(page, (50, top + height), (50, 60))  # by its lower handle
    assert figures(page)[:3] == [10, top, 80] and 43 <= figures(page)[3] <= 46
    page.get_by_role("application", name="Canvas").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    copy_space = figures(page)
    assert copy_space[:3] == [10, top - 1, 81]

    page.get_by_role("button", name="Add region").click()
    page.get_by_label("What it shows").fill("waves")
    page.get_by_text("Draft", exact=True).click()
    page.get_by_label("Candidates").get_by_text("1", exact=True).click()
    with page.expect_response("**/v1/generations") as answer:
        page.get_by_role("button", name="Draw").click()
    layout = answer.value.request.post_data_json["layout"]
    assert layout["copy_space"] == [percent / 100 for percent in copy_space]
    assert layout["regions"] == [{"box": [0.1, 0.6, 0.45, 0.3], "prompt": "waves", "strength": 0.5}]

    expect(page.get_by_label(f"Images for: {PROMPT}").get_by_role("img", name=PROMPT)).to_be_visible()
    image = f"{studio.url}/v1/generations/{answer.value.json()['id']}/images/0"
    assert page.request.get(f"{image}/scores").json()["copy_space_detail"] < 0.5

    page.get_by_role("button", name="Look at image 1").click()
    page.get_by_role("button", name="Export…").click()
    for platform in ("iOS", "Web app"):
        page.get_by_role("checkbox", name=platform).uncheck()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download zip").click()
    assert download.value.suggested_filename == "app-splash.zip"
    with zipfile.ZipFile(download.value.path()) as bundle:
        assert bundle.testzip() is None and "android/res/values-v31/themes.xml" in bundle.namelist()


def test_what_would_be_refused_is_said_and_not_sent(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    open_layout(page, studio)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Add copy space").click()
    page.get_by_role("button", name="Add logo box").click()
    fields_of(page, "Logo box").get_by_label("Top").fill("20")
    expect(page.get_by_text("The logo box lies on the copy space: move one of them.")).to_be_visible()
    fields_of(page, "Logo box").get_by_label("Left").fill("90")
    expect(page.get_by_text("Logo box reaches 20 % beyond the right edge")).to_be_visible()
    page.get_by_role("button", name="Draw").click()
    expect(page.get_by_text("Nothing was sent yet")).to_be_visible()
    assert sent == []
    page.get_by_role("button", name="Remove: Logo box").click()
    expect(page.get_by_text("beyond the right edge")).to_have_count(0)


def test_the_open_canvas_has_no_faults_that_axe_finds_and_fits_a_phone(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    for scheme, width_px in (("light", 1280), ("dark", 1280), ("light", 360)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width_px, "height": 900})
        open_layout(page, studio)
        page.get_by_role("button", name="Add region").click()
        page.get_by_role("button", name="Add logo box").click()
        page.evaluate(AXE.read_text())
        faults = [fault["id"] for fault in page.evaluate("axe.run()")["violations"] if fault["impact"] != "minor"]
        assert faults == [], (scheme, width_px)
        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
