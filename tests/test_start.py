"""First latents, against diffusers' own image-to-image pipeline and its schedulers' arithmetic."""

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLImg2ImgPipeline
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

from deployments.engine.equipment import Equipment, equip
from deployments.engine.layout import Box
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import ImageRequest
from deployments.engine.start import InitImage, Shape, Start, draw_canvas, first_latents
from deployments.engine.step import step
from deployments.errors import GenerationFailed

WIDTH_PX, HEIGHT_PX, NUM_STEPS, SEED = 128, 64, 8, 7


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    return equip(load_model(models_dir / "starter"), max_lora_rank=1)


@pytest.fixture
def model(equipment: Equipment) -> SdxlModel:
    return equipment.model


def picture(width_px: int = WIDTH_PX, height_px: int = HEIGHT_PX) -> Image.Image:
    y, x = np.mgrid[:height_px, :width_px]
    return Image.fromarray(np.stack([x * 255 / width_px, y * 255 / height_px, 255 * ((x // 16) % 2)], -1).astype("u1"))


def pixels(image: Image.Image) -> torch.Tensor:
    """[1, 3, H, W], 0..1. In memory as the engine has it: a PIL image reaches the pipeline's convolutions channels
    last, where float32 rounds differently, and this model makes 1e-4 of that.
    """
    return torch.from_numpy(np.array(image, dtype=np.float32) / 255).permute(2, 0, 1)[None].contiguous()


def start(model: SdxlModel, sigma: float, init: InitImage | None) -> Start:
    with torch.inference_mode():
        return first_latents(model, torch.Generator("cpu").manual_seed(SEED), WIDTH_PX, HEIGHT_PX, sigma, init)


@pytest.mark.parametrize("strength", [0.3, 0.75, 1.0])
def test_image_to_image_equals_diffusers(models_dir: Path, equipment: Equipment, strength: float) -> None:
    pipeline = StableDiffusionXLImg2ImgPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    theirs_CHW = pipeline(
        "fox", image=pixels(picture()), strength=strength, num_inference_steps=NUM_STEPS, guidance_scale=4.0,
        generator=torch.Generator("cpu").manual_seed(SEED), output_type="latent",
    ).images[0]  # fmt: skip
    request = ImageRequest(
        "fox", None, WIDTH_PX, HEIGHT_PX, NUM_STEPS, 4.0, SEED, init=InitImage(picture()), strength=strength
    )
    with torch.inference_mode():
        sample = Preparer(equipment).prepare(request)
        begun_CHW = sample.latents_CHW
        while not sample.is_done:
            step(equipment, [sample])
    assert torch.allclose(sample.latents_CHW, theirs_CHW, atol=1e-4, rtol=0)
    assert not torch.allclose(theirs_CHW, begun_CHW, atol=0.1)


def test_image_of_another_size_is_resized_and_encoded_as_diffusers_does(model: SdxlModel) -> None:
    processor = VaeImageProcessor(vae_scale_factor=model.pixels_per_latent)
    pixels_13HW = processor.preprocess(picture(200, 90), height=HEIGHT_PX, width=WIDTH_PX).contiguous()
    with torch.inference_mode():
        posterior = model.vae.encode(pixels_13HW).latent_dist
        theirs_CHW = posterior.sample(torch.Generator("cpu").manual_seed(SEED))[0] * model.vae.config.scaling_factor
    assert torch.allclose(start(model, 2.0, InitImage(picture(200, 90))).original_CHW, theirs_CHW, atol=1e-6)


def test_latents_are_normalised_where_the_autoencoder_asks(models_dir: Path) -> None:
    model = load_model(models_dir / "starter")
    plain = start(model, 2.0, InitImage(picture()))
    mean, std = [0.1, -0.2, 0.3, 0.0], [0.5, 1.0, 2.0, 4.0]
    model.vae.register_to_config(latents_mean=mean, latents_std=std)
    shifted = start(model, 2.0, InitImage(picture()))
    mean_C11, std_C11 = (torch.tensor(values).view(-1, 1, 1) for values in (mean, std))
    expected = (plain.original_CHW - mean_C11 * model.vae.config.scaling_factor) / std_C11
    assert torch.allclose(shifted.original_CHW, expected, atol=1e-6)


def test_noise_alone_ignores_the_image_but_remembers_it_for_clamps(model: SdxlModel) -> None:
    pure, beside = start(model, 3.0, None), start(model, 3.0, InitImage(picture(), is_start=False))
    expected = torch.randn((4, HEIGHT_PX // 8, WIDTH_PX // 8), generator=torch.Generator("cpu").manual_seed(SEED))
    assert torch.equal(pure.latents_CHW, 3.0 * expected)
    assert pure.original_CHW is None
    assert torch.equal(beside.latents_CHW, 3.0 * beside.noise_CHW)
    assert beside.original_CHW is not None


def test_encoder_that_overflows_is_reported(models_dir: Path) -> None:
    model = load_model(models_dir / "starter")
    model.vae.quant_conv.weight.data.fill_(float("inf"))
    with pytest.raises(GenerationFailed, match="not finite"):
        start(model, 1.0, InitImage(picture()))


def test_canvas_is_flat_with_later_shapes_on_top() -> None:
    red, green, navy = (255, 0, 0), (0, 255, 0), (0, 0, 64)
    shapes = [Shape("rectangle", Box(0, 0, 0.5, 1), red), Shape("ellipse", Box(0.25, 0.25, 0.75, 0.75), green)]
    pixels_HWC = np.array(draw_canvas(64, 32, navy, shapes))
    assert pixels_HWC.shape == (32, 64, 3)
    for (x, y), colour in {(0, 0): red, (31, 0): red, (32, 0): navy, (32, 16): green, (63, 31): navy}.items():
        assert tuple(pixels_HWC[y, x]) == colour
