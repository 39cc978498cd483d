"""What a publisher drew with a version, drawn again by each replica before it serves it."""

import base64
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.registry.schemas import PublishedTrial
from deployments.registry.trial import publish_trial
from deployments.training import TrainingSpec
from tests.adapters import write_adapter
from tests.test_follower import GUIDANCE, PROMPT, SEED, STEPS, Shop, engine, is_same, model, shop
from tests.trainings import run_training
from train.checkpoint import read_average
from train.finetune.adapter import add_adapter
from train.finetune.run import job_of

__all__ = ["engine", "model", "shop"]  # fixtures


def trial_of(shop: Shop, seed: int) -> PublishedTrial:
    """As a publisher with an engine of its own draws it."""
    equipment = equip(load_model(shop.models_dir / "starter"), 8)
    path = write_adapter(shop.root.parent / "adapters", shop.model, seed)
    equipment.bank.add(equipment.read_lora("mine", path))
    return publish_trial(equipment, "mine", "hse", "float32")


def moved(trial: PublishedTrial, share: float) -> PublishedTrial:
    """By a share of its own size, one way or the other at each place."""
    latents = np.frombuffer(base64.b64decode(trial.latents), "<f4")
    signs = np.sign(np.random.default_rng(0).standard_normal(latents.shape))
    other = latents + share * np.sqrt(np.mean(latents**2)) * signs
    return trial.model_copy(update={"latents": base64.b64encode(other.astype("<f4").tobytes()).decode()})


def test_version_that_draws_as_published_is_taken(shop: Shop) -> None:
    trial = trial_of(shop, seed=1)
    version_id = shop.publish("house", 1, trial=moved(trial, 0.5 * trial.tolerance))
    assert shop.move(version_id) == version_id and shop.draw("house")[1] == [version_id]


@pytest.mark.parametrize("what", ["moved", "another's", "of another shape", "not finite"])
def test_version_that_draws_otherwise_is_refused_and_the_live_one_draws_on(shop: Shop, what: str) -> None:
    live = shop.publish("house", 1)
    shop.move(live)
    before = shop.draw("house")[0]
    trial = trial_of(shop, seed=2)
    told = {
        "moved": lambda: moved(trial, 2 * trial.tolerance),
        "another's": lambda: trial_of(shop, seed=3),
        "of another shape": lambda: trial.model_copy(update={"shape": trial.shape[::-1]}),
        "not finite": lambda: moved(trial, float("nan")),
    }[what]()
    refused = shop.publish("house", 2, trial=told)
    assert "is refused: this engine draws something else" in shop.move(refused, status=409)
    pixels, adapters = shop.draw("house")
    assert adapters == [live] and is_same(pixels, before)
    error = shop.client.post("/v1/images/generations", json={"prompt": PROMPT, "lora": [{"id": refused}]}).json()
    assert error["error"]["code"] == "trial_differs"


def trainers_sample(spec: TrainingSpec) -> np.ndarray:
    """By the model that learnt, with its own adapter's weights in it, in diffusers' pipeline; uint8 (H, W, 3)."""
    pipeline = StableDiffusionXLPipeline.from_pretrained(spec.model, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    add_adapter(pipeline.unet, job_of(spec).complete_recipe())
    (checkpoint,) = Path(spec.folder).glob("runs/*/checkpoint.safetensors")
    weights = {name.removeprefix("unet."): tensor for name, tensor in read_average(checkpoint).items()}
    assert not pipeline.unet.load_state_dict(weights, strict=False).unexpected_keys and weights
    drawn = pipeline(
        PROMPT, width=64, height=64, num_inference_steps=STEPS, guidance_scale=GUIDANCE,
        generator=torch.Generator("cpu").manual_seed(SEED),
    )  # fmt: skip
    return np.asarray(drawn.images[0]).astype(int)


def test_what_the_trainer_draws_is_what_the_api_draws(shop: Shop, tmp_path: Path) -> None:
    trained = run_training(tmp_path, shop.models_dir / "starter", shop.root)
    assert shop.registry.read(trained.version).trial is not None
    forced = {"force": True}  # this model has no encoder to measure the style with
    assert shop.client.post(f"/v1/model_versions/{trained.version}/promote", json=forced).json()["status"] == "live"
    served, plain, sample = shop.draw("house")[0], shop.draw()[0], trainers_sample(trained.spec)
    assert np.abs(plain - sample).mean() > 5  # an adapter that does nothing would prove nothing
    assert np.abs(served - sample).max() <= 2  # the file holds half the digits, and each side rounds
