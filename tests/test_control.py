"""Control against its ground truth, diffusers' own pipelines, and against itself in mixed batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import ControlNetModel, MultiControlNetModel, StableDiffusionXLPipeline, T2IAdapter
from diffusers import StableDiffusionXLAdapterPipeline as AdapterPipeline
from diffusers import StableDiffusionXLControlNetPipeline as ControlNetPipeline
from PIL import Image

from deployments.engine.control import ControlRegistry, ControlRow, ControlUse, Residuals, prepare_control, residuals
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.tables import build_table
from deployments.engine.text import PromptEncoder
from deployments.errors import InvalidRequest, ModelFolderError
from tests.control import make_controlnet, make_t2i_adapter

SIZE_PX = 128
GUIDANCE = 5.0


@dataclass(frozen=True)
class Picture:
    """An image to draw: always guided, so always two rows."""

    controls: tuple[ControlUse, ...] = ()
    prompt: str = "white rocket"
    seed: int = 7
    num_steps: int = 6


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture(scope="module")
def folders(model: SdxlModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Control models as they lie on a disk: `net_a`, `net_b`, `adapter`, `grey_adapter`."""
    root = tmp_path_factory.mktemp("control")
    for seed, name in enumerate(("net_a", "net_b")):
        make_controlnet(root / name, model.unet, seed)
    for num_channels, name in ((3, "adapter"), (1, "grey_adapter")):
        make_t2i_adapter(root / name, num_channels, seed=num_channels)
    return root


@pytest.fixture(scope="module")
def registry(model: SdxlModel, folders: Path) -> ControlRegistry:
    registry = ControlRegistry(model)
    for name in ("net_a", "net_b"):
        registry.load_controlnet(name, folders / name)
    for name in ("adapter", "grey_adapter"):
        registry.load_t2i_adapter(name, folders / name)
    return registry


@pytest.fixture(scope="module")
def components(models_dir: Path) -> dict[str, Any]:
    pipeline = StableDiffusionXLPipeline.from_pretrained(models_dir / "starter", local_files_only=True)
    return dict(pipeline.components)


def drawing(seed: int) -> np.ndarray:
    """Coarse coloured patches, of another size and shape than the image."""
    patches = np.random.default_rng(seed).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    return patches.repeat(40, axis=0).repeat(37, axis=1)


def use(
    registry: ControlRegistry, model_id: str, scale: float = 0.7, start: float = 0.0, end: float = 1.0
) -> ControlUse:
    return prepare_control(registry, model_id, drawing(len(model_id)), SIZE_PX, SIZE_PX, scale, start, end)


@torch.inference_mode()
def draw(model: SdxlModel, registry: ControlRegistry, pictures: Sequence[Picture]) -> list[torch.Tensor]:
    """The latents [C, H, W] of all pictures, drawn side by side, each leaving when it is done."""
    encoder = PromptEncoder(model)
    tables = [build_table("euler", model.scheduler, picture.num_steps) for picture in pictures]
    latents = []
    for table, picture in zip(tables, pictures, strict=True):
        noise = torch.randn((4, 16, 16), generator=torch.Generator().manual_seed(picture.seed))
        latents.append(noise * table.initial_sigma)
    for step in range(max(picture.num_steps for picture in pictures)):
        running = [index for index, picture in enumerate(pictures) if step < picture.num_steps]
        rows = running + running  # positive, then negative
        prompts = [encoder.encode(pictures[index].prompt) for index in running]
        prompts += [encoder.encode_negative(None) for _ in running]
        timestep_R = torch.tensor([tables[index].timestep[step] for index in rows])
        inputs_RCHW = torch.stack([latents[index] * tables[index].c_in[step] for index in rows])
        tokens_RKD = torch.stack([prompt.tokens_LD for prompt in prompts])
        added_cond = {
            "text_embeds": torch.stack([prompt.pooled_P for prompt in prompts]),
            "time_ids": torch.tensor([[SIZE_PX, SIZE_PX, 0, 0, SIZE_PX, SIZE_PX]] * len(rows), dtype=torch.float32),
        }
        wanted = [ControlRow(pictures[index].controls, step, pictures[index].num_steps) for index in rows]
        arguments = residuals(registry, wanted, inputs_RCHW, timestep_R, tokens_RKD, added_cond).as_arguments()
        output_RCHW = model.unet(inputs_RCHW, timestep_R, tokens_RKD, added_cond_kwargs=added_cond, **arguments).sample
        for row, index in enumerate(running):
            positive, negative = output_RCHW[row], output_RCHW[row + len(running)]
            table, output_CHW = tables[index], negative + GUIDANCE * (positive - negative)
            x0_CHW = table.skip[step] * latents[index] + table.out[step] * output_CHW
            latents[index] = table.keep[step] * latents[index] + table.move[step] * x0_CHW
    return latents


def theirs(pipeline: Any, **arguments: Any) -> torch.Tensor:
    pipeline.set_progress_bar_config(disable=True)
    latents_1CHW: torch.Tensor = pipeline(
        "white rocket", width=SIZE_PX, height=SIZE_PX, num_inference_steps=6, guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(7), output_type="latent", **arguments,
    ).images  # fmt: skip
    return latents_1CHW[0]


def assert_close(ours: torch.Tensor, expected: torch.Tensor) -> None:
    assert expected.abs().max() > 5  # 1e-4 is a few rounding errors of float32 here
    assert (ours - expected).abs().max() <= 1e-4


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (0.2, 0.84)])
def test_controlnet_equals_diffusers(
    model: SdxlModel, registry: ControlRegistry, folders: Path, components: dict[str, Any], start: float, end: float
) -> None:
    net = ControlNetModel.from_pretrained(folders / "net_a")
    expected = theirs(
        ControlNetPipeline(**components, controlnet=net), image=Image.fromarray(drawing(5)),
        controlnet_conditioning_scale=0.7, control_guidance_start=start, control_guidance_end=end,
    )  # fmt: skip
    ours, plain = draw(model, registry, [Picture((use(registry, "net_a", 0.7, start, end),)), Picture()])
    assert_close(ours, expected)
    assert (ours - plain).abs().max() > 0.1


def test_two_controlnets_on_one_image_add_up_as_in_diffusers(
    model: SdxlModel, registry: ControlRegistry, folders: Path, components: dict[str, Any]
) -> None:
    nets = MultiControlNetModel([ControlNetModel.from_pretrained(folders / name) for name in ("net_b", "net_a")])
    expected = theirs(
        ControlNetPipeline(**components, controlnet=nets),
        image=[Image.fromarray(drawing(5))] * 2, controlnet_conditioning_scale=[0.4, 0.7],
        control_guidance_start=[0.0, 0.3], control_guidance_end=[0.7, 1.0],
    )  # fmt: skip
    controls = (use(registry, "net_b", 0.4, 0.0, 0.7), use(registry, "net_a", 0.7, 0.3, 1.0))
    assert_close(draw(model, registry, [Picture(controls)])[0], expected)


@pytest.mark.parametrize("factor", [1.0, 0.5])
@pytest.mark.parametrize("name", ["adapter", "grey_adapter"])
def test_t2i_adapter_equals_diffusers(
    model: SdxlModel, registry: ControlRegistry, folders: Path, components: dict[str, Any], name: str, factor: float
) -> None:
    adapter = T2IAdapter.from_pretrained(folders / name)
    image = Image.fromarray(drawing(len(name))).convert("L" if name == "grey_adapter" else "RGB")
    expected = theirs(
        AdapterPipeline(**components, adapter=adapter), image=image,
        adapter_conditioning_scale=0.7, adapter_conditioning_factor=factor,
    )  # fmt: skip
    ours, plain = draw(model, registry, [Picture((use(registry, name, 0.7, end=factor),)), Picture()])
    assert_close(ours, expected)
    assert (ours - plain).abs().max() > 0.1


def test_mixed_batch_equals_each_alone(model: SdxlModel, registry: ControlRegistry) -> None:
    pictures = [
        Picture(),
        Picture((use(registry, "net_a"),), "green leaf", seed=8, num_steps=4),
        Picture((use(registry, "net_b", 0.3, 0.25, 0.8),), seed=9, num_steps=5),
        Picture((use(registry, "adapter", 0.5),), "gear"),
        Picture((use(registry, "grey_adapter"), use(registry, "net_b", 1.2), use(registry, "adapter", 0.4, end=0.5))),
        Picture((use(registry, "net_a", 0.2, end=0.4), use(registry, "net_a", 0.5, start=0.1)), num_steps=3),
    ]
    for together, picture in zip(draw(model, registry, pictures), pictures, strict=True):
        assert_close(together, draw(model, registry, [picture])[0])


@torch.inference_mode()
def at_step(registry: ControlRegistry, model: SdxlModel, rows: list[ControlRow]) -> Residuals:
    generator, num_rows = torch.Generator().manual_seed(0), len(rows)
    latents_RCHW = torch.randn(num_rows, 4, 16, 16, generator=generator)
    tokens_RKD = torch.randn(num_rows, 77, model.unet.config.cross_attention_dim, generator=generator)
    added_cond = {"text_embeds": torch.zeros(num_rows, 32), "time_ids": torch.zeros(num_rows, 6)}
    return residuals(registry, rows, latents_RCHW, torch.full((num_rows,), 500.0), tokens_RKD, added_cond)


def test_only_rows_that_ask_get_anything(model: SdxlModel, registry: ControlRegistry) -> None:
    controls = (use(registry, "net_a"), use(registry, "adapter"))
    found = at_step(registry, model, [ControlRow((), 0, 6), ControlRow(controls, 0, 6)])
    assert found.down and found.mid is not None and found.intrablock
    for level_RChw in (*found.down, found.mid, *found.intrablock):
        assert not level_RChw[0].any() and level_RChw[1].any()


def test_each_controlnet_runs_once_a_step_on_its_own_rows(model: SdxlModel, registry: ControlRegistry) -> None:
    net_a, net_b = use(registry, "net_a"), use(registry, "net_b")
    batches: list[int] = []
    hook = registry.get("net_a").register_forward_pre_hook(lambda _, inputs: batches.append(len(inputs[0])))
    at_step(registry, model, [ControlRow(controls, 0, 6) for controls in ((net_a, net_b), (net_b,), (), (net_a,))])
    hook.remove()
    assert batches == [2]


def test_nothing_is_computed_when_no_row_asks_at_this_step(model: SdxlModel, registry: ControlRegistry) -> None:
    late = (use(registry, "net_a", start=0.5), use(registry, "adapter", start=0.5))
    rows = [ControlRow((), 5, 6), ControlRow(late, 2, 6)]
    nothing_loaded = ControlRegistry(model)  # would refuse to run anything
    assert at_step(nothing_loaded, model, rows) == Residuals(None, None, None)


def test_adapter_features_are_fresh_at_every_step(model: SdxlModel, registry: ControlRegistry) -> None:
    rows = [ControlRow((use(registry, "adapter", scale=1.0),), 0, 6)]
    first, second = at_step(registry, model, rows).intrablock, at_step(registry, model, rows).intrablock
    assert first and second
    with torch.inference_mode():
        first.pop(0).fill_(torch.nan)  # as the UNet does, and worse
    for level_RChw, feature_Chw in zip(second, rows[0].controls[0].hints, strict=True):
        assert torch.equal(level_RChw[0], feature_Chw)


def test_folder_that_does_not_load_or_fit_is_refused(model: SdxlModel, folders: Path, tmp_path: Path) -> None:
    registry = ControlRegistry(model)
    T2IAdapter(3, [32, 64, 128, 128], 1, 16, "full_adapter_xl").save_pretrained(tmp_path / "wide")
    T2IAdapter(3, [32, 64, 64, 64], 1, 8, "full_adapter").save_pretrained(tmp_path / "older")
    for name, reason in (("wide", "channels"), ("older", "adapter_type")):
        with pytest.raises(ModelFolderError, match=reason):
            registry.load_t2i_adapter(name, tmp_path / name)
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "config.json").write_text((folders / "net_a" / "config.json").read_text())
    torch.save({}, tmp_path / "pickled" / "diffusion_pytorch_model.bin")
    for name in ("missing", "pickled"):
        with pytest.raises(ModelFolderError, match="does not load"):
            registry.load_controlnet(name, tmp_path / name)
    with pytest.raises(ModelFolderError, match="lacks weights"):  # diffusers would fill in random ones
        registry.load_t2i_adapter("net_a", folders / "net_a")
    with pytest.raises(InvalidRequest, match="'wide'; loaded: none"):
        use(registry, "wide")
