"""Gates against diffusers' own expansion of IP-Adapter scales."""

from pathlib import Path

import pytest
from diffusers import UNet2DConditionModel
from diffusers.loaders.unet_loader_utils import _maybe_expand_lora_scales

from deployments.engine.attention import install_attention
from deployments.engine.gates import GATE_MODES, SMALL_GATE_MODES, GateSpec, gates_of
from deployments.engine.load import load_model
from deployments.errors import InvalidRequest

MIDDLE = "mid_block.attentions.0"
STYLE = {"up": {"block_0": [0.0, 1.0, 0.0]}}
STYLE_AND_LAYOUT = {"down": {"block_2": [0.0, 0.6]}, "up": {"block_0": [0.0, 1.3, 0.0]}}


@pytest.fixture(scope="module")
def unet(models_dir: Path) -> UNet2DConditionModel:
    return load_model(models_dir / "starter").unet


def groups_of(unet: UNet2DConditionModel) -> tuple[str, ...]:
    return install_attention(unet)


@pytest.mark.parametrize(
    "spec",
    [
        STYLE, STYLE_AND_LAYOUT, {}, {"down": 2, "mid": 3, "up": {"block_0": 4, "block_1": [5, 6, 7]}}, {"mid": [0.5]},
        {"up": [0.1, 0.2, 0.3]}, {"down": {"block_1": [0.4]}}, *(mode for mode in GATE_MODES.values()),
    ],
    ids=str,
)  # fmt: skip
def test_gates_expand_as_diffusers_expands_scales(unet: UNet2DConditionModel, spec: GateSpec) -> None:
    (expected,) = _maybe_expand_lora_scales(unet, [spec], default_scale=0.0)
    if isinstance(expected, dict):
        expected = [expected[name] for name in groups_of(unet)]
    else:
        expected = [expected] * len(groups_of(unet))
    assert gates_of(spec, groups_of(unet)) == tuple(expected)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("loud", "must be one of full, style"),
        ({"up": {"block_0": [1.0, 2.0]}}, "up.block_0 takes 3 scales, got 2"),
        ({"up": {"block_7": 1.0}}, "no attention in up.block_7"),
        ({"middle": 1.0}, "no attention in middle"),
    ],
)
def test_gates_that_this_model_does_not_have_are_refused(
    unet: UNet2DConditionModel, spec: GateSpec, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        gates_of(spec, groups_of(unet))


def test_mode_is_taken_from_the_blocks_that_the_model_has(unet: UNet2DConditionModel) -> None:
    places = ("down_blocks.0", "down_blocks.1", "up_blocks.0", "up_blocks.0", "up_blocks.1", "up_blocks.1")
    starter = (*(f"{place}.attentions.{index}" for place, index in zip(places, "000101", strict=True)), MIDDLE)
    assert gates_of("style", starter) == (0, 0, 0, 1, 1, 1, 0)
    assert gates_of("composition", starter) == (0, 0, 1, 0, 0, 0, 0)
    assert gates_of("precise", starter) == (0, 0, 1, 1, 1, 1, 0)
    assert all(gates_of(mode, starter) == gates_of(spec, starter) for mode, spec in SMALL_GATE_MODES.items())
    large = groups_of(unet)
    assert all(gates_of(mode, large) == gates_of(spec, large) for mode, spec in GATE_MODES.items())
