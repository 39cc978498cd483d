"""The choice of attention's kernel, with made-up timings."""

import copy
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from diffusers.models.attention_processor import Attention
from torch.nn.attention import SDPBackend, _cur_sdpa_kernel_backends

from deployments.engine.attention_kernels import KERNELS, AttentionKernels, AttentionShape
from deployments.engine.load import SdxlModel, load_model
from tests.unet_call import assert_same, make_inputs, predict


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


def preferred() -> SDPBackend:
    first: SDPBackend = _cur_sdpa_kernel_backends(with_priority=True)[0]
    return first


def test_each_size_has_its_fastest_and_is_timed_once(model: SdxlModel) -> None:
    timed: Counter[tuple[SDPBackend, AttentionShape]] = Counter()

    def time_s(kernel: SDPBackend, shape: AttentionShape) -> float:
        timed[kernel, shape] += 1
        if kernel == SDPBackend.CUDNN_ATTENTION:
            return float("inf")  # does not take it
        is_flash = kernel == SDPBackend.FLASH_ATTENTION
        return 1.0 if is_flash == (shape.num_queries > 20) else 2.0

    kernels = AttentionKernels(model.unet, time_s)
    before = preferred()
    for size, fastest in (((4, 4), KERNELS[2]), ((32, 32), KERNELS[1]), ((4, 4), KERNELS[2])):
        with kernels.at(size):
            assert preferred() == fastest
        assert preferred() == before
    assert set(timed.values()) == {1}


def test_shapes_are_those_of_the_self_attention(model: SdxlModel) -> None:
    seen: set[AttentionShape] = set()

    def time_s(_: SDPBackend, shape: AttentionShape) -> float:
        seen.add(shape)
        return 1.0

    with AttentionKernels(model.unet, time_s).at((18, 32)):
        pass
    called: set[AttentionShape] = set()

    def note(attn: Attention, args: tuple[torch.Tensor, ...]) -> None:
        called.add(AttentionShape(attn.heads, args[0].shape[1], attn.inner_dim // attn.heads))

    unet = copy.deepcopy(model.unet)
    for path, module in unet.named_modules():
        if path.endswith("attn1"):
            module.register_forward_pre_hook(note)
    with torch.inference_mode():
        predict(unet, replace(make_inputs(1), latents=torch.zeros(1, 4, 18, 32)))
    assert seen == called


def test_preference_does_not_change_what_is_computed(model: SdxlModel) -> None:
    inputs = make_inputs(2)
    with torch.inference_mode():
        expected = predict(model.unet, inputs)
        with AttentionKernels(model.unet, lambda *_: 1.0).at((16, 16)):
            assert_same(predict(model.unet, inputs), expected)
