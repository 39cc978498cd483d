"""Pictures of every page of the studio, with the starter model's work in it: `make screenshots`."""

import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.studio import STARTER_DIR, Studio, running_browser, running_engine, running_studio, set_up

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "studio"
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
ICONS = ("a flat white rocket on a blue rounded square", "a bold yellow star on a purple circle",
         "a flat white leaf on a green squircle")  # fmt: skip
SUBJECTS = "house\nheart\nstar\nbell\nlock\ncloud\nleaf\nrocket\ncamera\nkey\nflag\numbrella"
SPLASHES = ("mountains, sunset palette, low horizon", "waves, ocean palette, copy space at the top")


def draw(page: Page, address: str, prompt: str, count: str, seed: int) -> None:
    page.goto(address)
    page.get_by_label("Prompt", exact=True).fill(prompt)
    page.get_by_label("Candidates").get_by_text(count, exact=True).click()
    page.get_by_label("Seed").fill(str(seed))
    page.get_by_role("button", name="Draw").click()
    section = page.get_by_label(f"Images for: {prompt}").first
    expect(section.get_by_role("button", name="Look at image")).to_have_count(int(count))
    expect(page.get_by_text("Measuring…")).to_have_count(0)
    expect(page.get_by_role("progressbar")).to_have_count(0)


def fill(page: Page, studio: Studio) -> None:
    """With what the pictures show."""
    for seed, prompt in enumerate(ICONS):
        draw(page, f"{studio.url}/icons", prompt, "4", seed)
    for seed, prompt in enumerate(SPLASHES):
        draw(page, f"{studio.url}/splash", prompt, "4", seed)
    pin(page, studio)
    make_set(page, studio)


def pin(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/icons")
    page.get_by_role("button", name="Look at image 1").first.click()
    page.get_by_role("button", name="Pin as style…").click()
    dialog = page.get_by_role("dialog", name="Pin as style")
    dialog.get_by_label("Name").fill("House")
    dialog.get_by_label("Words").fill("flat style")
    dialog.get_by_role("button", name="Pin it").click()
    dialog.get_by_role("link", name="See all styles").wait_for()


def make_set(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/sets")
    page.get_by_role("button", name="New set").click()
    page.get_by_label("Name", exact=True).fill("Shop")
    page.get_by_label("Subjects").fill(SUBJECTS)
    page.get_by_label("Seed").fill("7")
    save(page, "new-set")
    page.get_by_role("button", name="Draw the set").click()
    expect(page.get_by_text("12 of 12 drawn")).to_be_visible(timeout=300_000)
    expect(page.get_by_text("Looks like the others").or_(page.get_by_text(", most by"))).to_have_count(12)


def save(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)  # for what moves on opening
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.save(OUT / f"{name}.webp", quality=82, method=6)


def under_way(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/icons")
    page.get_by_label("Prompt", exact=True).fill("a flat white heart on a red rounded square")
    page.get_by_text("Fine", exact=True).click()
    page.get_by_role("button", name="Draw").click()
    page.get_by_alt_text("Preview 1").wait_for()
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.save(OUT / "drawing.webp", quality=82, method=6)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled").wait_for()


def inspect(page: Page, address: str, name: str, *switches: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Look at image 1").first.click()
    page.get_by_role("dialog").get_by_role("link", name="Download").wait_for()
    for switch in switches:
        page.get_by_label(switch).click()
    save(page, name)


def lay_out(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/splash")
    page.get_by_label("Prompt", exact=True).fill(SPLASHES[0])
    page.get_by_role("button", name="Layout").click()
    page.get_by_role("button", name="Add copy space").click()
    page.get_by_role("button", name="Add logo box").click()
    page.get_by_role("button", name="Add region").click()
    page.get_by_label("What it shows").fill("waves")
    page.get_by_role("application", name="Canvas").evaluate("canvas => canvas.scrollIntoView({ block: 'center' })")
    save(page, "layout")


def export(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/icons")
    page.get_by_role("button", name="Look at image 1").first.click()
    page.get_by_role("button", name="Export…").click()
    save(page, "export")


def pages_of(page: Page, studio: Studio, suffix: str = "") -> None:
    for path in ("icons", "splash", "sets", "gallery", "styles", "keys", "admin"):
        page.goto(f"{studio.url}/{path}")
        page.get_by_role("heading", level=1).wait_for()
        save(page, f"{path}{suffix}")
    page.goto(f"{studio.url}/sets")
    page.get_by_role("link", name="Shop").click()
    page.get_by_role("group", name="Consistency").wait_for()
    save(page, f"set{suffix}")


def signed_in(browser: Browser, page: Page, act: Callable[[Page], None], **options: object) -> None:
    """In a window of another kind, with the same session."""
    with browser.new_context(storage_state=page.context.storage_state(), **options) as context:  # type: ignore[arg-type]
        act(context.new_page())


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_engine(STARTER_DIR, num_threads=2) as engine,
        running_studio(Path(folder), STARTER_DIR, engine) as studio,
        running_browser() as browser,
    ):
        page = browser.new_context(viewport=DESKTOP).new_page()
        page.goto(studio.url)
        save(page, "sign-in")
        set_up(page, studio)
        fill(page, studio)
        pages_of(page, studio)
        inspect(page, f"{studio.url}/icons", "icon", "Keylines")
        inspect(page, f"{studio.url}/splash", "screen")
        export(page, studio)
        lay_out(page, studio)
        dark = {"viewport": DESKTOP, "color_scheme": "dark"}
        signed_in(browser, page, lambda other: pages_of(other, studio, "-dark"), **dark)
        phone = {"viewport": PHONE, "has_touch": True}
        signed_in(browser, page, lambda other: pages_of(other, studio, "-phone"), **phone)
        under_way(page, studio)


if __name__ == "__main__":
    main()
