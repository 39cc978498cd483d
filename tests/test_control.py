"""Control against its ground truth, diffusers' own pipelines, and against itself in mixed batches."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import ControlNetModel, MultiControlNetModel, T2IAdapter
from diffusers import StableDiffusionXLAdapterPipeline as AdapterPipeline
from diffusers import StableDiffusionXLControlNetPipeline as ControlNetPipeline
from PIL import Image

from deployments.engine.control import ControlRegistry, ControlUse, Residuals, prepare_control
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.request import ControlRequest
from deployments.engine.residuals import ControlRow, residuals
from deployments.errors import InvalidRequest, ModelFolderError
from tests.control import (
    SIZE_PX,
    Picture,
    assert_close,
    draw,
    drawing,
    make_controlnet,
    make_t2i_adapter,
    pipeline_parts,
    theirs,
)  # fmt: skip


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
    return pipeline_parts(models_dir)


def use(
    registry: ControlRegistry, model_id: str, scale: float = 0.7, start: float = 0.0, end: float = 1.0
) -> ControlUse:
    request = ControlRequest(model_id, drawing(len(model_id)), scale, start, end)
    return prepare_control(registry, request, SIZE_PX, SIZE_PX)


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
    hook = registry.get("net_a").register_forward_pre_hook(
        lambda _net, _, inputs: batches.append(len(inputs["sample"])), with_kwargs=True
    )
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
    make_controlnet(tmp_path / "finer", model.unet, seed=1, pixels_per_latent=4)
    with pytest.raises(ModelFolderError, match="pixels per latent 4, this model needs 8"):
        registry.load_controlnet("finer", tmp_path / "finer")
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
