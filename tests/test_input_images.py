"""Edits by the unmodified `openai` client, drawn by a real engine, beside diffusers' own pipelines."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import openai
import pytest
import torch
from diffusers import StableDiffusionXLImg2ImgPipeline, StableDiffusionXLInpaintPipeline
from fastapi.testclient import TestClient
from PIL import Image

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.errors import Unavailable
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from tests.door import Door, listening
from tests.generations import submit, until
from tests.pictures import encoded, masked, opened, picture
from tests.real_service import RealService
from tests.uploads import JsonObject, references

Harm = Callable[[TestClient, Door, JsonObject], None]

NUM_STEPS, SEED, PROMPT = 6, 7, "white rocket"
HOLE = (32, 16, 64, 48)
EXTRA = {"seed": SEED, "num_inference_steps": NUM_STEPS, "guidance_scale": 4.0}


@pytest.fixture(scope="module")
def engine(models_dir: Path) -> Iterator[Engine]:
    engine = Engine(equip(load_model(models_dir / "starter"), 16), max_rows=8, num_threads=1)
    engine.start()
    yield engine
    engine.stop()


@pytest.fixture
def service(door: Door, engine: Engine, models_dir: Path) -> RealService:
    store = ImageStore(f"file://{door.data_dir}/images")
    return RealService(Host("icon", engine, read_manifest(models_dir / "starter"), store))


@pytest.fixture
def openai_client(door: Door, service: RealService) -> Iterator[openai.OpenAI]:
    door.serve("icon", service)
    with (
        listening(door.api) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=door.admin_key, max_retries=0) as client,
    ):
        yield client


def pixels_of(b64_json: str | None) -> np.ndarray:
    assert b64_json
    return np.asarray(opened(base64.b64decode(b64_json))).astype(int)


def drawn(answer: openai.types.ImagesResponse) -> np.ndarray:
    assert answer.data
    return pixels_of(answer.data[0].b64_json)


def contiguous(image: Image.Image) -> torch.Tensor:
    """As the engine has it in memory: a PIL image would go channels last, which rounds differently (see test_start)."""
    return torch.from_numpy(np.array(image, dtype=np.float32) / 255).permute(2, 0, 1)[None].contiguous()


def test_edit_equals_diffusers_image_to_image(openai_client: openai.OpenAI, models_dir: Path) -> None:
    pipeline = StableDiffusionXLImg2ImgPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        PROMPT, image=contiguous(picture()), strength=0.5, num_inference_steps=NUM_STEPS, guidance_scale=4.0,
        generator=torch.Generator("cpu").manual_seed(SEED), output_type="np",
    ).images[0]  # fmt: skip
    edited = openai_client.images.edit(image=encoded(picture()), prompt=PROMPT, input_fidelity="high", extra_body=EXTRA)
    assert np.abs(drawn(edited) - (theirs * 255).round().astype(int)).max() <= 1  # half a grey level rounds either way
    original = np.asarray(picture()).astype(int)
    assert np.abs(drawn(edited) - original).mean() > 5  # it was drawn, too


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_masked_edit_is_diffusers_inpainting_within_and_the_image_without(
    openai_client: openai.OpenAI, models_dir: Path, strength: float
) -> None:
    pipeline = StableDiffusionXLInpaintPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    mask = Image.new("L", picture().size, 0)
    mask.paste(255, HOLE)
    theirs = pipeline(
        PROMPT, image=contiguous(picture()), mask_image=mask, strength=strength, num_inference_steps=NUM_STEPS,
        guidance_scale=4.0, width=96, height=64, generator=torch.Generator("cpu").manual_seed(SEED), output_type="np",
    ).images[0]  # fmt: skip
    answer = openai_client.images.edit(
        image=encoded(picture()), mask=masked(hole=HOLE), prompt=PROMPT, size="96x64",  # type: ignore[arg-type]
        extra_body=EXTRA | {"strength": strength},
    )  # fmt: skip
    edited, is_drawn = drawn(answer), np.asarray(mask) > 0
    assert np.abs(edited - (theirs * 255).round().astype(int))[is_drawn].max() <= 1
    assert np.array_equal(edited[~is_drawn], np.asarray(picture())[~is_drawn])
    assert np.abs(edited - np.asarray(picture()).astype(int))[is_drawn].mean() > 5


def test_edit_streams_previews_and_the_image(openai_client: openai.OpenAI) -> None:
    *partial, last = openai_client.images.edit(
        image=[encoded(picture())], prompt=PROMPT, stream=True, partial_images=2,
        extra_body=EXTRA | {"num_inference_steps": 40},
    )  # fmt: skip
    assert partial and {event.type for event in partial} == {"image_edit.partial_image"}
    assert last.type == "image_edit.completed" and pixels_of(last.b64_json).shape == (64, 96, 3)
    assert last.usage.total_tokens > 0


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_variations_differ_by_seed_and_stay_near_the_image(openai_client: openai.OpenAI) -> None:
    answer = openai_client.images.create_variation(
        image=encoded(picture()), n=2, extra_body={"seed": SEED, "num_inference_steps": 20, "strength": 0.1}
    )
    assert answer.data
    first, second = (pixels_of(image.b64_json) for image in answer.data)
    assert np.abs(first - second).mean() > 1
    far = drawn(
        openai_client.images.create_variation(image=encoded(picture()), extra_body={"seed": SEED, "strength": 1.0})
    )
    original = np.asarray(picture()).astype(int)
    assert np.abs(first - original).mean() < np.abs(far - original).mean()


def test_transparent_image_is_drawn_over_white(openai_client: openai.OpenAI) -> None:
    clear = Image.new("RGBA", (96, 64), (0, 0, 0, 0))
    clear.paste(picture(), (0, 0), Image.new("L", (96, 64), 128))
    white = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    over_clear, over_white = (
        drawn(openai_client.images.edit(image=encoded(image), prompt=PROMPT, extra_body=EXTRA))
        for image in (clear, white)
    )
    assert np.array_equal(over_clear, over_white)


def remove(client: TestClient, door: Door, file: JsonObject) -> None:  # noqa: ARG001
    client.delete(f"/v1/files/{file['file_id']}")


def alter(client: TestClient, door: Door, file: JsonObject) -> None:  # noqa: ARG001
    (door.data_dir / "images" / "files" / f"{file['file_id']}.png").write_bytes(encoded(picture(64, 64)))


@pytest.mark.parametrize(("harm", "code"), [(remove, "input_deleted"), (alter, "input_altered")])
def test_image_that_is_not_what_was_accepted_fails_the_generation(
    client: TestClient, door: Door, service: RealService, harm: Harm, code: str
) -> None:
    door.services["icon"].failure = Unavailable("icon is not running", "service_unavailable", 0.1)
    (image,) = references(client, encoded(picture()))
    job = submit(client, images=[image], num_inference_steps=4)
    harm(client, door, image)
    door.serve("icon", service)
    assert until(client, job["id"], "failed", "completed")["error"]["code"] == code
