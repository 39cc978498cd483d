"""Decoding, previews, and what happens to values that are not finite."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from deployments.engine.decode import decode, decode_all
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.preview import PreviewMap
from deployments.errors import GenerationFailed


@pytest.fixture
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture(autouse=True)
def inference() -> Iterator[None]:
    with torch.inference_mode():
        yield


def latents(seed: int = 0) -> torch.Tensor:
    return torch.randn((4, 16, 16), generator=torch.Generator().manual_seed(seed))


def test_overflow_in_half_precision_is_decoded_again_in_float32(models_dir: Path) -> None:
    half = load_model(models_dir / "starter", dtype=torch.bfloat16)
    expected = decode(load_model(models_dir / "starter"), latents())
    calls: list[torch.dtype] = []

    def overflow(_: object, args: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
        calls.append(args[0].dtype)
        return output * float("inf") if args[0].dtype == torch.bfloat16 else output

    hook = half.vae.decoder.register_forward_hook(overflow)
    pixels = decode(half, latents())
    hook.remove()
    assert calls == [torch.bfloat16, torch.float32]
    assert np.abs(pixels.astype(int) - expected.astype(int)).mean() < 3  # its weights were rounded to bfloat16
    assert half.vae.dtype == torch.bfloat16


def test_latents_that_are_not_finite_fail_without_a_second_try(model: SdxlModel) -> None:
    broken = latents()
    broken[0, 0, 0] = float("nan")
    with pytest.raises(GenerationFailed, match="not finite"):
        decode(model, broken)


def test_normalised_latents_are_put_back_before_decoding(model: SdxlModel) -> None:
    plain = decode(model, latents())
    mean, std = [0.5] * 4, [2.0] * 4
    model.vae.register_to_config(latents_mean=mean, latents_std=std)
    scaling = model.vae.config.scaling_factor
    shifted = decode(model, (latents() - 0.5 * scaling) / 2.0)
    assert np.abs(shifted.astype(int) - plain.astype(int)).max() <= 1


class LinearDecoder:
    """A decoder that is a matrix and an enlargement, which a preview can follow exactly."""

    config = SimpleNamespace(scaling_factor=0.5, block_out_channels=(1, 1, 1, 1))

    def __init__(self) -> None:
        self.matrix_3C = torch.randn((3, 4), generator=torch.Generator().manual_seed(5)) / 8

    def decode(self, latents_1CHW: torch.Tensor, return_dict: bool) -> tuple[torch.Tensor]:
        assert not return_dict
        small = torch.einsum("rc,bchw->brhw", self.matrix_3C, latents_1CHW) + 0.1
        return (small.repeat_interleave(8, dim=2).repeat_interleave(8, dim=3),)


def test_preview_follows_the_decoder(model: SdxlModel) -> None:
    linear = replace(model, vae=LinearDecoder())
    preview = PreviewMap(linear).render(latents(1)).astype(int)
    small = decode(linear, latents(1))[::8, ::8].astype(int)
    assert small.std() > 10 and np.abs(preview - small).max() <= 1
    assert PreviewMap(model).render(latents(1)).shape == (16, 16, 3)


def test_images_decoded_together_are_what_each_is_alone_and_a_broken_one_spoils_none(
    model: SdxlModel,
) -> None:
    broken = latents(9)
    broken[0, 0, 0] = float("inf")
    several = decode_all(model, [latents(1), broken, latents(2), latents(3), latents(4)], 2 * 128 * 128)
    assert isinstance(several[1], GenerationFailed)
    for seed, pixels in zip((1, 2, 3, 4), (several[0], *several[2:]), strict=True):
        assert isinstance(pixels, np.ndarray)
        assert np.abs(pixels.astype(int) - decode(model, latents(seed))).max() <= 1
