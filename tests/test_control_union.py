"""ControlNet-Union against diffusers' own pipeline, and against itself in mixed batches."""

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import ControlNetUnionModel
from diffusers import StableDiffusionXLControlNetUnionPipeline as UnionPipeline
from diffusers.models import MultiControlNetUnionModel
from PIL import Image

from deployments.engine.control import ControlRegistry, ControlUse, prepare_control
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.request import ControlRequest
from deployments.errors import InvalidRequest, ModelFolderError
from tests.control import (
    SIZE_PX,
    Picture,
    assert_close,
    draw,
    drawing,
    make_controlnet,
    make_union,
    pipeline_parts,
    theirs,
)  # fmt: skip


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture(scope="module")
def folders(model: SdxlModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Control models as they lie on a disk: `union`, `promax` (two modes more) and `net`."""
    root = tmp_path_factory.mktemp("union")
    make_union(root / "union", model.unet, seed=1)
    make_union(root / "promax", model.unet, seed=2, num_modes=8)
    make_controlnet(root / "net", model.unet, seed=3)
    return root


@pytest.fixture(scope="module")
def registry(model: SdxlModel, folders: Path) -> ControlRegistry:
    registry = ControlRegistry(model)
    registry.load_controlnet("net", folders / "net")
    for name in ("union", "promax"):
        registry.load_union(name, folders / name)
    return registry


@pytest.fixture(scope="module")
def components(models_dir: Path) -> dict[str, Any]:
    return pipeline_parts(models_dir)


def use(
    registry: ControlRegistry,
    mode: int | str | None,
    scale: float = 0.7,
    start: float = 0.0,
    end: float = 1.0,
    model_id: str = "union",
    seed: int = 5,
) -> ControlUse:
    request = ControlRequest(model_id, drawing(seed), scale, start, end, mode)
    return prepare_control(registry, request, SIZE_PX, SIZE_PX)


def images(*seeds: int) -> list[Image.Image]:
    return [Image.fromarray(drawing(seed)) for seed in seeds]


@pytest.mark.parametrize(("mode", "start", "end"), [(0, 0.0, 1.0), ("canny", 0.2, 0.84)])
def test_one_drawing_equals_diffusers(
    model: SdxlModel,
    registry: ControlRegistry,
    folders: Path,
    components: dict[str, Any],
    mode: int | str,
    start: float,
    end: float,
) -> None:
    union = ControlNetUnionModel.from_pretrained(folders / "union")
    expected = theirs(
        UnionPipeline(**components, controlnet=union), control_image=images(5),
        control_mode=[3 if mode == "canny" else mode], controlnet_conditioning_scale=0.7,
        control_guidance_start=start, control_guidance_end=end,
    )  # fmt: skip
    drawn, other = draw(
        model,
        registry,
        [Picture((use(registry, mode, 0.7, start, end),)), Picture((use(registry, 5, 0.7, start, end),))],
    )
    assert_close(drawn, expected)
    assert (drawn - other).abs().max() > 0.01  # the mode is heard


@pytest.mark.parametrize(("ends", "starts"), [([1.0, 1.0, 1.0], [0.0, 0.0, 0.0]), ([0.7, 1.0, 0.5], [0.0, 0.3, 0.1])])
def test_several_drawings_heard_together_equal_diffusers(
    model: SdxlModel,
    registry: ControlRegistry,
    folders: Path,
    components: dict[str, Any],
    starts: list[float],
    ends: list[float],
) -> None:
    modes, scales, seeds = [3, 1, 3], [0.4, 0.7, 1.1], (5, 6, 7)
    union = ControlNetUnionModel.from_pretrained(folders / "union")
    expected = theirs(
        UnionPipeline(**components, controlnet=union), control_image=images(*seeds), control_mode=modes,
        controlnet_conditioning_scale=scales, control_guidance_start=starts, control_guidance_end=ends,
    )  # fmt: skip
    controls = tuple(
        use(registry, mode, scale, start, end, seed=seed)
        for mode, scale, start, end, seed in zip(modes, scales, starts, ends, seeds, strict=True)
    )
    assert_close(draw(model, registry, [Picture(controls)])[0], expected)


def test_two_unions_on_one_image_add_up_as_in_diffusers(
    model: SdxlModel, registry: ControlRegistry, folders: Path, components: dict[str, Any]
) -> None:
    unions = MultiControlNetUnionModel([ControlNetUnionModel.from_pretrained(folders / n) for n in ("union", "promax")])
    expected = theirs(
        UnionPipeline(**components, controlnet=unions), control_image=images(5, 6), control_mode=[2, 7],
        controlnet_conditioning_scale=[0.4, 0.7], control_guidance_start=[0.0, 0.3], control_guidance_end=[0.7, 1.0],
    )  # fmt: skip
    controls = (
        use(registry, "scribble", 0.4, 0.0, 0.7),
        use(registry, "repaint", 0.7, 0.3, 1.0, model_id="promax", seed=6),
    )
    assert_close(draw(model, registry, [Picture(controls)])[0], expected)


def test_mixed_batch_equals_each_alone(model: SdxlModel, registry: ControlRegistry) -> None:
    pictures = [
        Picture(),
        Picture((use(registry, 0),)),
        Picture((use(registry, 4, 0.3, 0.25, 0.8, seed=6),), "green leaf", seed=8, num_steps=4),
        Picture((use(registry, 2), use(registry, 3, 0.4, seed=7)), seed=9),
        Picture((use(registry, 1, end=0.5), use(registry, 5, 0.4, start=0.4)), num_steps=5),
        Picture((use(registry, None, model_id="net"), use(registry, 6, model_id="promax"), use(registry, 3, 1.2))),
    ]
    for together, picture in zip(draw(model, registry, pictures), pictures, strict=True):
        assert_close(together, draw(model, registry, [picture])[0])


def test_rows_of_other_modes_and_scales_share_one_call(model: SdxlModel, registry: ControlRegistry) -> None:
    batches: list[int] = []
    hook = registry.get("union").register_forward_pre_hook(
        lambda _net, _, inputs: batches.append(len(inputs["sample"])), with_kwargs=True
    )
    pictures = [Picture((use(registry, mode, scale),), num_steps=1) for mode, scale in ((0, 0.5), (3, 1.0), (1, 0.2))]
    pair = (use(registry, 0, 0.5), use(registry, 1, 0.5))
    draw(model, registry, [*pictures, Picture(pair, num_steps=1), Picture(pair[::-1], num_steps=1)])
    hook.remove()
    assert sorted(batches) == [4, 6]  # guided: two rows an image


def test_drawings_of_which_none_is_heard_at_a_step_cost_nothing(model: SdxlModel, registry: ControlRegistry) -> None:
    """diffusers runs a union with several drawings to the last step, and adds what it finds without any of them."""
    early = (use(registry, 0, end=0.1), use(registry, 3, end=0.1))
    silent, plain = draw(model, registry, [Picture(early), Picture()])
    assert torch.allclose(silent, plain, atol=1e-5)


@pytest.mark.parametrize("mode", [None, -1, 6, "tile", "sketch"])
def test_mode_that_the_union_does_not_know_is_refused(registry: ControlRegistry, mode: int | str | None) -> None:
    with pytest.raises(InvalidRequest, match=f"from 0 to 5, or of openpose, .*, segment; got {mode!r}") as refused:
        use(registry, mode)
    assert (refused.value.code, refused.value.param) == ("invalid_control_mode", "control")


def test_mode_for_a_plain_controlnet_is_refused(registry: ControlRegistry) -> None:
    with pytest.raises(InvalidRequest, match="'net' is no union and has no modes, got 3"):
        use(registry, 3, model_id="net")


def test_union_and_controlnet_are_not_taken_for_each_other(model: SdxlModel, folders: Path) -> None:
    registry = ControlRegistry(model)
    with pytest.raises(ModelFolderError, match="lacks weights"):
        registry.load_union("net", folders / "net")
    with pytest.raises(ModelFolderError, match="without a place"):
        registry.load_controlnet("union", folders / "union")
