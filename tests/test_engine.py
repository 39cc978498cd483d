"""The engine against its ground truth, diffusers, and against itself."""

import gc
import shutil
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
from safetensors.torch import load_file, save_file

from deployments.engine.engine import Engine, EngineStuck
from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest, LoraRequest
from deployments.engine.step import step
from deployments.engine.text import PromptEncoder
from deployments.errors import GenerationFailed, InvalidRequest, ModelFolderError

ROCKET = ImageRequest("white rocket", None, 128, 128, num_steps=6, guidance_scale=5.0, seed=7)


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    return equip(load_model(models_dir / "starter"), max_lora_rank=16)


@pytest.fixture
def engine(equipment: Equipment) -> Iterator[Engine]:
    engine = Engine(equipment, max_rows=8, num_threads=1)
    engine.start()
    yield engine
    engine.stop()


def changed(request: ImageRequest, **changes: object) -> ImageRequest:
    return ImageRequest(**{**vars(request), **changes})  # type: ignore[arg-type]


def draw(engine: Engine, request: ImageRequest) -> np.ndarray:
    return engine.submit(request).result.result(timeout=60).pixels_HWC


def run_alone(equipment: Equipment, request: ImageRequest) -> torch.Tensor:
    """The latents of one request, stepped by itself."""
    with torch.inference_mode():
        sample = Preparer(equipment).prepare(request)
        while not sample.is_done:
            step(equipment, [sample])
    return sample.latents_CHW


@pytest.mark.parametrize("prediction_type", ["epsilon", "v_prediction"])
@pytest.mark.parametrize(
    "request_",
    [
        ROCKET,
        changed(ROCKET, guidance_scale=1.0),
        changed(ROCKET, negative_prompt="blurry", num_steps=11, seed=123456),
        changed(ROCKET, prompt="ein Fuchs 🦊 " * 30, width_px=192, height_px=64),
        changed(ROCKET, guidance_scale=9.0, guidance_rescale=0.7),
    ],
    ids=["guided", "unguided", "negative", "wide-and-truncated", "rescaled"],
)
def test_image_equals_diffusers(models_dir: Path, request_: ImageRequest, prediction_type: str) -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = EulerDiscreteScheduler.from_config(pipeline.scheduler.config, prediction_type=prediction_type)
    theirs_CHW = pipeline(
        request_.prompt, negative_prompt=request_.negative_prompt, width=request_.width_px, height=request_.height_px,
        num_inference_steps=request_.num_steps, guidance_scale=request_.guidance_scale, output_type="pt",
        guidance_rescale=request_.guidance_rescale,
        generator=torch.Generator("cpu").manual_seed(request_.seed),
    ).images[0]  # fmt: skip
    model = load_model(models_dir / "starter")
    model.scheduler.register_to_config(prediction_type=prediction_type)
    latents_CHW = run_alone(equip(model, max_lora_rank=16), request_)
    with torch.inference_mode():
        decoded = model.vae.decode(latents_CHW[None] / model.vae.config.scaling_factor).sample[0]
    ours_CHW = (decoded / 2 + 0.5).clamp(0, 1)

    assert theirs_CHW.std() > 0.05  # a flat image would prove nothing
    assert torch.allclose(ours_CHW, theirs_CHW, atol=1e-4, rtol=0)


def test_engine_returns_the_pixels_that_diffusers_would(engine: Engine, models_dir: Path) -> None:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        ROCKET.prompt, width=128, height=128, num_inference_steps=6, guidance_scale=5.0,
        generator=torch.Generator("cpu").manual_seed(7), output_type="np",
    ).images[0]  # fmt: skip
    difference = np.abs(draw(engine, ROCKET).astype(int) - (theirs * 255).round().astype(int))
    assert difference.max() <= 1  # half a grey level may round either way


def test_batch_of_strangers_equals_each_alone(equipment: Equipment) -> None:
    requests = [
        ROCKET,
        changed(ROCKET, prompt="green leaf", seed=8, num_steps=9, guidance_scale=1.0),
        changed(ROCKET, prompt="gear", negative_prompt="red", seed=9, num_steps=4, guidance_scale=9.0),
    ]
    with torch.inference_mode():
        samples = [Preparer(equipment).prepare(request) for request in requests]
        while running := [sample for sample in samples if not sample.is_done]:
            step(equipment, running)
    for sample, request in zip(samples, requests, strict=True):
        assert torch.allclose(sample.latents_CHW, run_alone(equipment, request), atol=1e-4, rtol=1e-5)


def test_same_request_repeats_and_prompt_seed_and_size_matter(engine: Engine) -> None:
    first = draw(engine, ROCKET)
    assert np.array_equal(first, draw(engine, ROCKET))
    for other in (changed(ROCKET, seed=8), changed(ROCKET, prompt="green leaf")):
        assert np.abs(first.astype(int) - draw(engine, other)).mean() > 2
    assert draw(engine, changed(ROCKET, width_px=192, height_px=64)).shape == (64, 192, 3)


def test_jobs_of_different_sizes_and_lengths_share_the_loop(engine: Engine) -> None:
    long = engine.submit(changed(ROCKET, num_steps=30))
    short = engine.submit(changed(ROCKET, width_px=64, height_px=64, num_steps=2))
    assert short.result.result(timeout=60).pixels_HWC.shape == (64, 64, 3)
    assert not long.result.done()
    assert long.result.result(timeout=60).pixels_HWC.shape == (128, 128, 3)


def test_cancelled_job_leaves_the_loop_and_others_go_on(engine: Engine) -> None:
    doomed = engine.submit(changed(ROCKET, num_steps=1000))
    other = engine.submit(changed(ROCKET, num_steps=20))
    doomed.cancel()
    assert other.result.result(timeout=60)
    assert doomed.result.cancelled() or isinstance(doomed.result.exception(), GenerationFailed)
    assert engine.num_unfinished == 0


def test_impossible_request_is_told_and_the_loop_lives(engine: Engine) -> None:
    broken = engine.submit(changed(ROCKET, num_steps=0))
    with pytest.raises(InvalidRequest, match="num_steps must be 1 or more, got 0"):
        broken.result.result(timeout=60)
    assert draw(engine, ROCKET).shape == (128, 128, 3)


def test_check_tells_a_stuck_step_from_idleness_and_from_death(equipment: Equipment) -> None:
    release = threading.Event()
    hook = equipment.model.unet.register_forward_pre_hook(lambda *_: (release.wait(30), None)[1])
    engine = Engine(equipment, max_rows=8, num_threads=1)
    engine.start()
    try:
        engine.check(stall_timeout_s=0.0)  # idle: silence is no illness
        job = engine.submit(ROCKET)
        while engine.num_unfinished == 0:
            pass
        with pytest.raises(EngineStuck, match="in one step"):
            while True:
                engine.check(stall_timeout_s=0.1)
    finally:
        hook.remove()
        release.set()
    assert job.result.result(timeout=60)
    engine.stop()
    with pytest.raises(EngineStuck, match="ended"):
        engine.check(stall_timeout_s=60)


def test_stopping_tells_those_who_wait(equipment: Equipment) -> None:
    engine = Engine(equipment, max_rows=8, num_threads=1)
    engine.start()
    job = engine.submit(changed(ROCKET, num_steps=1000))
    engine.stop()
    with pytest.raises(GenerationFailed, match="stopped"):
        job.result.result(timeout=10)


def test_prompt_is_counted_and_truncation_reported(equipment: Equipment) -> None:
    encoder = PromptEncoder(equipment.model)
    assert (encoder.encode("leaf").num_tokens, encoder.encode("leaf").is_truncated) == (4, False)
    assert encoder.encode("x" * 75).is_truncated is False
    assert encoder.encode("x" * 76).is_truncated is True


def test_loading_refuses_a_folder_with_pickled_weights_only(models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(models_dir / "starter", folder)
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(ModelFolderError, match="does not load"):
        load_model(folder)


def test_loading_refuses_weights_that_are_not_all_there(models_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(models_dir / "starter", folder)
    for part, file in (("unet", "diffusion_pytorch_model.safetensors"), ("text_encoder", "model.safetensors")):
        path = folder / part / file
        whole = load_file(path)
        save_file(dict(list(whole.items())[1:]), path, {"format": "pt"})
        with pytest.raises(ModelFolderError, match=f"lacks weights of {part}, such as"):
            load_model(folder)
        save_file(whole, path, {"format": "pt"})


@pytest.mark.parametrize("lora", [None, "unknown"])
def test_job_is_gone_with_its_pictures_as_soon_as_nobody_holds_it(engine: Engine, lora: str | None) -> None:
    """A cycle would keep them until the collector comes round, and scatter what is free."""
    loras = (LoraRequest(lora),) if lora else ()
    gc.disable()
    try:
        job = engine.submit(changed(ROCKET, num_steps=1, loras=loras))
        wait([job.result], timeout=60)
        engine.call(lambda _: None).result(timeout=60)  # the loop has let go of what it last had in hand
        held = weakref.ref(job)
        del job
        assert held() is None
    finally:
        gc.enable()
