"""The weights that `make run` serves."""

from itertools import product
from pathlib import Path

import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

from deployments.engine.request import ImageRequest
from deployments.engine.tables import build_table
from deployments.model_folder import read_manifest, verify
from deployments.specs import STARTER
from train.starter.candidate import NUM_STEPS, open_candidate
from train.starter.measures import background_of, container_of

FOLDER = Path(__file__).parents[1] / "models" / "starter"
GROUNDS = (("blue", "rounded square"), ("red", "circle"), ("yellow", "none"), ("green", "hexagon"))


def test_weights_are_whole_and_small() -> None:
    assert verify(FOLDER) == []
    manifest = read_manifest(FOLDER)
    assert manifest.weights == "trained" and manifest.size_bytes < 60_000_000
    assert max(path.stat().st_size for path in FOLDER.rglob("*")) < 15_000_000
    assert "MIT License" in (FOLDER / "NOTICE").read_text()


def test_plain_diffusers_loads_them() -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(FOLDER, dtype=torch.float32, local_files_only=True)
    images = pipeline("a white star", num_inference_steps=1, guidance_scale=1, width=256, height=256, output_type="np")
    assert images.images[0].std() > 0.01


def test_their_schedule_has_every_number_of_steps_that_may_be_asked_for() -> None:
    scheduler = EulerDiscreteScheduler.from_pretrained(FOLDER / "scheduler")
    missing = set()
    for sampler, num_steps in product(STARTER.samplers, range(1, 101)):
        try:
            build_table(sampler, scheduler, num_steps)
        except ValueError:
            missing.add(num_steps)
    assert missing == STARTER.missing_steps


def test_they_draw_the_ground_that_is_asked_for() -> None:
    asked = [(name, "no container" if name == "none" else name, colour) for colour, name in GROUNDS]
    prompts = [f"white star icon on a {colour} background, {words}" for _, words, colour in asked]
    requests = [ImageRequest(prompt, None, 256, 256, NUM_STEPS, 5.0, seed=1) for prompt in prompts]
    with open_candidate(FOLDER) as candidate:
        pictures = list(candidate.draw(requests))
    containers = [container_of(pixels) for pixels in pictures]
    grounds = [background_of(pixels, container) for pixels, container in zip(pictures, containers, strict=True)]
    assert list(zip(grounds, containers, strict=True)) == list(GROUNDS)
