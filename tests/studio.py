"""The studio in a real browser, before the real gateway and a real engine; nothing in between is made up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deployments.controls import load_reference_adapter
from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.follower import Follower
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.registry.registry import AdapterRegistry
from deployments.specs import STARTER, Kind
from serve_app.fine_tuning.runs import Runs
from serve_app.studio import STUDIO_DIR
from tests.door import Door, build_door, listening
from tests.real_service import RealService
from tests.users import PASSWORD

ROOT = Path(__file__).parent.parent
STARTER_DIR = ROOT / "models" / "starter"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
INSTALL = "apt-get install -y chromium"
KINDS: tuple[Kind, ...] = ("icon", "splash")
WAIT_MS = 60_000  # for what is drawn, on a machine that has other work too


@dataclass(frozen=True)
class Studio:
    url: str
    door: Door

    @property
    def password_token(self) -> str:
        """The first admin's."""
        return (self.door.data_dir / "admin.password-token").read_text().strip()


@contextmanager
def running_engine(model_dir: Path, num_threads: int = 1) -> Iterator[Engine]:
    equipment = equip(load_model(model_dir), 16)
    assert load_reference_adapter(equipment, model_dir, STARTER.references)
    engine = Engine(equipment, max_rows=8, num_threads=num_threads)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


@contextmanager
def running_studio(data_dir: Path, model_dir: Path, engine: Engine, runs: Runs | None = None) -> Iterator[Studio]:
    """`runs`: what trains; absent, nothing does."""
    door = build_door(data_dir, STUDIO_DIR, runs=runs)
    store, manifest = ImageStore(f"file://{data_dir}/images"), read_manifest(model_dir)
    adapters = Follower(engine, AdapterRegistry(data_dir / "registry"), manifest)  # one, as there is one engine
    for kind in KINDS:
        medium = STARTER.kinds[kind].medium
        host = Host(kind, engine, manifest, store, medium, adapters=adapters, has_references=True)
        door.serve(kind, RealService(host))
    with listening(door.api) as url:
        yield Studio(url, door)


@contextmanager
def running_browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium here; to run these: {INSTALL}")
    if not (STUDIO_DIR / "index.html").exists():
        pytest.skip("the studio is not built; to run these: make studio")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that containers rarely have; the pages are our own.
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])


@contextmanager
def watched_page(browser: Browser) -> Iterator[Page]:
    """Whose scripts must not fail, nor break the content security policy."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        yield page
        assert faults == []


@pytest.fixture
def page() -> Iterator[Page]:
    with running_browser() as browser, watched_page(browser) as page:
        yield page


@pytest.fixture
def studio(page: Page, tmp_path: Path) -> Iterator[Studio]:  # noqa: ARG001  # without a browser there is nothing to do
    with running_engine(STARTER_DIR) as engine, running_studio(tmp_path, STARTER_DIR, engine) as studio:
        yield studio


def set_up(page: Page, studio: Studio, token: str = "", name: str = "admin") -> None:
    begin(page, f"{studio.url}/set-password#{token or studio.password_token}", name)


def begin(page: Page, link: str, name: str = "admin") -> None:
    """From the link of a first start, or of an admin, to the pages of somebody who is signed in."""
    page.goto(link)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set password").click()
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Name or e-mail").fill(name)
    page.locator("input[autocomplete=current-password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name).wait_for()


def faults_of(page: Page, address: str, heading: str = "") -> list[str]:
    """What is serious or critical, in each colour scheme and at a phone's width."""
    found = []
    for scheme, width_px in (("light", 1280), ("dark", 1280), ("light", 390)):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width_px, "height": 900})
        page.goto(address)
        page.get_by_role("heading", level=1, name=heading or None).wait_for()
        page.wait_for_load_state("networkidle")
        page.evaluate(AXE.read_text())
        for fault in page.evaluate("axe.run()")["violations"]:
            if fault["impact"] in ("serious", "critical"):
                nodes = [node["html"][:200] for node in fault["nodes"]]
                found.append(f"{address} {scheme} {width_px}: {fault['id']}: {nodes}")
    return found
