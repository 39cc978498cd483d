"""A style from the browser alone: pictures sent, trained by a real run, made live, and drawn with."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from serve_app.fine_tuning.runs import LocalRuns
from tests.fine_tuning import TRAINING_S, discs, zipped
from tests.studio import STARTER_DIR, Studio, faults_of, page, running_engine, running_studio, set_up

__all__ = ["page"]  # a fixture

pytestmark = pytest.mark.browser

PROMPT = "disc 7"


@pytest.fixture
def studio(page: Page, tmp_path: Path) -> Iterator[Studio]:  # noqa: ARG001  # without a browser there is nothing to do
    with (
        running_engine(STARTER_DIR) as engine,
        running_studio(tmp_path, STARTER_DIR, engine, runs=LocalRuns()) as studio,
    ):
        yield studio


def begin_training(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/styles")
    page.get_by_role("button", name="Train a style").click()
    dialog = page.get_by_role("dialog", name="Train a style")
    pictures = {"name": "stickers.zip", "mimeType": "application/zip", "buffer": zipped(discs())}
    dialog.locator("input[type=file]").set_input_files([pictures])
    dialog.get_by_label("Name").fill("stkr")
    dialog.get_by_label("Trigger word").fill("stkr")
    dialog.get_by_label("Recipe").select_option("tiny")
    dialog.get_by_label("Steps").fill("20")
    dialog.get_by_role("button", name="Train", exact=True).click()


def follow_training(page: Page) -> str:
    """To its version's id."""
    panel = page.get_by_role("dialog", name="Training")
    wait_ms = 1000 * TRAINING_S
    expect(panel.get_by_role("progressbar")).to_be_visible()
    expect(panel.get_by_role("img", name=re.compile(r"^Loss over \d+ of 20 steps"))).to_be_visible(timeout=wait_ms)
    expect(panel.get_by_role("progressbar")).to_have_count(0, timeout=wait_ms)
    expect(panel.get_by_role("img", name="Loss over 20 of 20 steps")).to_be_visible()
    expect(panel.get_by_role("log")).to_contain_text("the job has succeeded")
    became = panel.get_by_text(re.compile(r"^It became stkr@")).inner_text()
    panel.get_by_role("button", name="Make it live…").click()
    page.get_by_role("button", name="Make it live", exact=True).click()
    expect(panel.get_by_text("is live", exact=False).first).to_be_visible()
    return became.removeprefix("It became ")


def test_pictures_become_a_live_style_that_an_icon_is_drawn_with(page: Page, studio: Studio) -> None:
    set_up(page, studio)
    begin_training(page, studio)
    version = follow_training(page)

    page.goto(f"{studio.url}/styles?tab=trained")
    expect(page.get_by_role("row", name=version)).to_contain_text("Live")
    page.get_by_role("button", name=f"Look at {version}").click()
    panel = page.get_by_role("dialog", name="Version")
    expect(panel.get_by_role("img", name=f"Drawn with {version}, and without it")).to_be_visible()
    expect(panel.get_by_role("table", name=re.compile("^Likeness to its pictures"))).to_contain_text("Without it")
    assert faults_of(page, page.url) == []

    page.goto(f"{studio.url}/icons")
    page.get_by_label("Prompt", exact=True).fill(PROMPT)
    page.get_by_role("combobox", name="Trained style").click()
    page.get_by_role("option", name="stkr").click()
    page.get_by_label("Candidates").get_by_text("1", exact=True).click()
    page.get_by_text("Draft", exact=True).click()
    page.get_by_role("button", name="Draw").click()
    page.get_by_role("button", name="Look at image 1").click()
    expect(page.get_by_role("row", name="Trained styles")).to_contain_text(version)
    expect(page.get_by_role("dialog").get_by_text(f"stkr {PROMPT}", exact=True).first).to_be_visible()
