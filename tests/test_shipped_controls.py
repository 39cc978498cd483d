"""What style images, regions and a copy space do with the weights that `make run` serves."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deployments.controls import load_reference_adapter
from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.pixels.calm import detail
from deployments.pixels.horizon import horizon
from deployments.pixels.normalise import fit
from deployments.pixels.templates import TEMPLATES
from deployments.schemas import (
    Controls,
    GenerationRecord,
    GenerationRequest,
    Reference,
    ReferenceMode,
    Region,
    StoredImage,
)
from deployments.specs import STARTER as PROFILE
from tests.graph import ROOT
from tests.icons import PALE, WHITE, disc, flat, laid, rectangle, shape
from tests.pictures import encoded, opened
from tests.test_keylines_asked import use
from train.starter.measures import background_of, container_of

STARTER = ROOT / "models" / "starter"
LEFT = (0.0, 0.0, 0.34, 1.0)
REQUEST = GenerationRequest(
    generation_id="gen_1", request_id="req-1", prompt="camera app icon", negative_prompt=None, width_px=256,
    height_px=256, num_steps=10, guidance_scale=5.0, seeds=(7,), output_format="png", output_quality=90,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images")


@pytest.fixture(scope="module")
def host(folder: Path) -> Iterator[Host]:
    """Without the calibration of an opened one, which these few images do not need."""
    equipment = equip(load_model(STARTER), 16)
    assert load_reference_adapter(equipment, STARTER, PROFILE.references)
    engine = Engine(equipment, PROFILE.max_rows, PROFILE.num_threads)
    engine.start()
    yield Host("icon", engine, read_manifest(STARTER), ImageStore(f"file://{folder}"))
    engine.stop()


async def draw(host: Host, folder: Path, controls: Controls | None = None, **changes: object) -> np.ndarray:
    request = REQUEST.model_copy(update={"controls": controls or Controls(), **changes})
    *_, last = [event async for event in host.draw(request)]
    assert isinstance(last, GenerationRecord)
    return np.asarray(opened((folder / last.images[0].key).read_bytes()))


def orange_circle(folder: Path) -> StoredImage:
    """A white square on it, as the starter's training pictures are."""
    ground = laid(shape(disc(radius=0.45)), (255, 122, 0), flat(PALE)).astype(np.float32)
    content = encoded(Image.fromarray(laid(shape(rectangle(0.3, 0.35, 0.7, 0.65)), WHITE, ground)))
    ImageStore(f"file://{folder}").put("files/circle.png", content)
    return StoredImage(key="files/circle.png", sha256=hashlib.sha256(content).hexdigest())


async def test_colours_or_the_container_or_both_are_taken_from_a_style_image(host: Host, folder: Path) -> None:
    image, found = orange_circle(folder), {}
    modes: tuple[ReferenceMode, ...] = ("full", "style", "composition")
    for mode in modes:
        reference = Reference(image=image, weight=1.0, mode=mode, start=0, end=1, box=None)
        pixels = await draw(host, folder, Controls(references=(reference,)))
        container = container_of(pixels)
        found[mode] = (background_of(pixels, container), container)
    plain = await draw(host, folder)
    assert "orange" != background_of(plain, container_of(plain)) and container_of(plain) != "circle"
    assert found["full"] == ("orange", "circle")
    assert found["style"][0] == "orange" and found["style"][1] != "circle"
    assert found["composition"][0] != "orange" and found["composition"][1] == "circle"


async def test_regions_have_the_colours_that_their_prompts_name(host: Host, folder: Path) -> None:
    halves = (((0.0, 0.0, 0.5, 1.0), "red background"), ((0.5, 0.0, 0.5, 1.0), "blue background"))
    regions = tuple(Region(box=box, prompt=prompt, strength=0.5) for box, prompt in halves)
    pixels = await draw(host, folder, Controls(regions=regions), prompt="app icon, full bleed", seeds=(9,))
    left, right = (pixels[:, columns].reshape(-1, 3).mean(axis=0) for columns in (slice(0, 40), slice(-40, None)))
    assert left[0] > 180 > 100 > left[2] and right[2] > 180 > 100 > right[0]


async def test_copy_space_has_little_detail_beside_the_rest(host: Host, folder: Path) -> None:
    asked = {"prompt": "splash screen of a forest", "width_px": 352, "height_px": 192, "seeds": (13,)}
    plain = await draw(host, folder, **asked)
    calm = await draw(host, folder, Controls(copy_space=LEFT), **asked)
    before, after = detail(plain, LEFT), detail(calm, LEFT)
    assert before and after is not None and after < 0.4 < 0.8 < before


async def test_stored_icon_lies_on_the_keyline_that_was_asked_for(host: Host, folder: Path) -> None:
    prompt, keyline = "a flat white camera on a green circle", TEMPLATES["adaptive"].keyline
    plain = fit(await draw(host, folder, prompt=prompt), keyline)
    placed = fit(await draw(host, folder, Controls(keyline=use("adaptive")), prompt=prompt), keyline)
    assert plain and placed and plain.outside > 0.3 > placed.outside == 0
    assert placed.fill == pytest.approx(1, abs=0.03) and placed.offset < 0.005


@pytest.mark.parametrize("share", [0.42, 0.6, 0.78])
async def test_sky_ends_where_the_horizon_is_asked_to_be(host: Host, folder: Path, share: float) -> None:
    waves = {"prompt": "splash screen of waves, ocean palette", "width_px": 352, "height_px": 192}
    drawn = await draw(host, folder, Controls(horizon=share), **waves)
    assert horizon(drawn) == pytest.approx(share, abs=0.07)
