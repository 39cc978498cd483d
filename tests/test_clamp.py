"""Held parts of an image, against diffusers' own inpainting pipeline and differential diffusion's published rule."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLInpaintPipeline
from PIL import Image

from deployments.engine.clamp import Clamp, apply, hold_map, hold_outside
from deployments.engine.equipment import Equipment, equip
from deployments.engine.load import load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest
from deployments.engine.sample import Sample
from deployments.engine.start import InitImage
from deployments.engine.step import step

SIZE_PX, NUM_STEPS, SEED = 64, 8, 7
LATENT_SIZE = (8, 8)


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    return equip(load_model(models_dir / "starter"), max_lora_rank=1)


def picture() -> Image.Image:
    y, x = np.mgrid[:SIZE_PX, :SIZE_PX]
    return Image.fromarray(np.stack([x * 4, y * 4, 255 * ((x // 16) % 2)], -1).astype("u1"))


def disc(size_px: int) -> Image.Image:
    """A bright disc with a soft edge, off the middle."""
    y, x = np.mgrid[:size_px, :size_px] / size_px
    return Image.fromarray((255 * np.clip(2 - 5 * np.hypot(x - 0.4, y - 0.6), 0, 1)).astype("u1"))


def begin(
    equipment: Equipment,
    inpaint_mask: Image.Image | None = None,
    hold: Image.Image | None = None,
    strength: float = 1.0,
    is_start: bool = True,
) -> Sample:
    request = ImageRequest(
        "fox", None, SIZE_PX, SIZE_PX, NUM_STEPS, 4.0, SEED, init=InitImage(picture(), is_start), strength=strength,
        inpaint_mask=inpaint_mask, hold=hold,
    )  # fmt: skip
    with torch.inference_mode():
        return Preparer(equipment).prepare(request)


def run(equipment: Equipment, *samples: Sample) -> list[torch.Tensor]:
    with torch.inference_mode():
        while running := [sample for sample in samples if not sample.is_done]:
            step(equipment, running)
    return [sample.latents_CHW for sample in samples]


@pytest.mark.parametrize("strength", [0.5, 0.99, 1.0])
def test_inpainting_equals_diffusers(models_dir: Path, equipment: Equipment, strength: float) -> None:
    pipeline = StableDiffusionXLInpaintPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    # Contiguous as the engine has it; a PIL image would go channels last, which rounds differently (see test_start).
    pixels = torch.from_numpy(np.array(picture(), dtype=np.float32) / 255).permute(2, 0, 1)[None].contiguous()
    theirs_CHW = pipeline(
        "fox", image=pixels, mask_image=disc(100), strength=strength, num_inference_steps=NUM_STEPS,
        guidance_scale=4.0, width=SIZE_PX, height=SIZE_PX, output_type="latent",
        generator=torch.Generator("cpu").manual_seed(SEED),
    ).images[0]  # fmt: skip
    # At full strength the pipeline starts from noise alone.
    sample = begin(equipment, inpaint_mask=disc(100), strength=strength, is_start=strength < 1.0)
    (ours_CHW,) = run(equipment, sample)

    assert torch.allclose(ours_CHW, theirs_CHW, atol=1e-4, rtol=0)
    assert sample.clamp is not None
    assert 0.1 < sample.clamp.hold_1HW.mean() < 0.9  # some is held, some is drawn


def test_mask_is_brought_to_latents_as_diffusers_does(models_dir: Path) -> None:
    pipeline = StableDiffusionXLInpaintPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    for size_px in (64, 50, 333):
        mask_11HW = pipeline.mask_processor.preprocess(disc(size_px), height=SIZE_PX, width=SIZE_PX)
        theirs, _ = pipeline.prepare_mask_latents(
            mask_11HW, None, 1, SIZE_PX, SIZE_PX, torch.float32, "cpu", None, False
        )
        assert torch.equal(1 - theirs[0], hold_outside(disc(size_px), LATENT_SIZE, 8))


def test_map_follows_the_rule_of_differential_diffusion(equipment: Equipment) -> None:
    map_image = Image.fromarray((np.arange(64) * 4).astype("u1").reshape(LATENT_SIZE))
    held = begin(equipment, hold=map_image)
    (ours_CHW,) = run(equipment, held)

    plain, clamp = begin(equipment), held.clamp
    assert clamp is not None
    for index in range(NUM_STEPS):  # the paper's order: mix first, then step
        mask_1HW = (torch.from_numpy(np.array(map_image)) / 255 > index / NUM_STEPS).float()
        noised_CHW = clamp.original_CHW + plain.column("sigma") * clamp.noise_CHW
        plain.latents_CHW = noised_CHW * mask_1HW + plain.latents_CHW * (1 - mask_1HW)
        with torch.inference_mode():
            step(equipment, [plain])
    assert torch.allclose(ours_CHW, plain.latents_CHW, atol=1e-4, rtol=0)
    assert not torch.allclose(ours_CHW, run(equipment, begin(equipment))[0], atol=0.1)


def test_hold_ends_at_its_share_of_the_steps_and_one_is_for_ever() -> None:
    original_CHW, noise_CHW, drawn_CHW = torch.ones(4, 1, 3), torch.full((4, 1, 3), 2.0), torch.zeros(4, 1, 3)
    clamp = Clamp(original_CHW, noise_CHW, torch.tensor([[[0.0, 0.5, 1.0]]]))
    after = [apply(clamp, drawn_CHW, 10.0, index, num_steps=4)[0, 0].tolist() for index in range(4)]
    assert after == [[0, 21, 21], [0, 0, 21], [0, 0, 21], [0, 0, 1]]  # the last one clean, whatever its sigma


def test_kept_region_is_the_canvas_and_neighbours_are_untouched(equipment: Equipment) -> None:
    left = np.zeros(LATENT_SIZE, dtype="u1")
    left[:, :3] = 255
    hold = Image.fromarray(left)
    held = begin(equipment, hold=hold)
    held_CHW, free_CHW = run(equipment, held, begin(equipment))
    (held_alone_CHW,) = run(equipment, begin(equipment, hold=hold))
    (free_alone_CHW,) = run(equipment, begin(equipment))

    assert held.clamp is not None
    assert torch.equal(held_CHW[:, :, :3], held.clamp.original_CHW[:, :, :3])
    assert torch.allclose(held_CHW, held_alone_CHW, atol=1e-4)
    assert torch.allclose(free_CHW, free_alone_CHW, atol=1e-4)
    assert not torch.allclose(held_alone_CHW[:, :, 3:], free_alone_CHW[:, :, 3:], atol=0.1)  # the rest listens to it


def test_map_image_is_averaged() -> None:
    image = Image.fromarray(np.repeat(np.array([[0, 255], [51, 102]], dtype="u1"), 4, axis=0).repeat(4, axis=1))
    assert torch.allclose(hold_map(image, (2, 2)), torch.tensor([[[0.0, 1.0], [0.2, 0.4]]]))
    assert torch.allclose(hold_map(image, (1, 1)), torch.tensor([[[0.4]]]), atol=1 / 255)
