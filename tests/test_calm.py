"""Parts of an image kept calm: smooth where asked, in the image's own colours, and nothing else touched."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deployments.engine.calm import Calm, calm_box, calmed
from deployments.engine.equipment import Equipment, equip
from deployments.engine.layout import Box, box_mask
from deployments.engine.load import load_model
from deployments.engine.prepare import Preparer
from deployments.engine.request import CalmRequest, ImageRequest
from deployments.engine.sample import Sample
from deployments.engine.step import step

CPU = torch.device("cpu")
UPPER = Box(0, 0, 1, 0.5)
PLAIN = ImageRequest("fox", None, 128, 128, num_steps=6, guidance_scale=4.0, seed=7)


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    return equip(load_model(models_dir / "starter"), max_lora_rank=1)


def run(equipment: Equipment, *requests: ImageRequest) -> list[torch.Tensor]:
    with torch.inference_mode():
        samples: list[Sample] = [Preparer(equipment).prepare(request) for request in requests]
        while running := [sample for sample in samples if not sample.is_done]:
            step(equipment, running)
    return [sample.latents_CHW for sample in samples]


def bends(latents_CHW: torch.Tensor) -> torch.Tensor:
    """Second differences, which no plane has, along rows and columns."""
    return torch.stack([torch.diff(latents_CHW, n=2, dim=dim).abs().mean() for dim in (1, 2)])


@pytest.mark.parametrize("sampler", ["euler", "dpmpp_2m_karras", "euler_a", "ddim"])
def test_calm_part_is_a_plane_at_the_end_whatever_the_sampler(equipment: Equipment, sampler: str) -> None:
    plain = replace(PLAIN, sampler=sampler)
    calm, free = run(equipment, replace(plain, calm=(CalmRequest(UPPER),)), plain)
    upper = slice(0, 8)  # of 16 rows
    assert bends(free[:, upper]).min() > 0.05
    assert bends(calm[:, upper]).max() < 1e-3
    assert bends(calm[:, 10:]).min() > 0.05


def test_part_is_free_again_after_its_share_of_the_steps(equipment: Equipment) -> None:
    to_the_end, half, never, plain = run(
        equipment, *(replace(PLAIN, calm=(CalmRequest(UPPER, until),)) for until in (1.0, 0.5, 0.0)), PLAIN
    )
    assert bends(to_the_end[:, :8]).max() < bends(half[:, :8]).min() < bends(plain[:, :8]).max()
    assert torch.equal(never, plain)


def test_stranger_in_the_batch_is_not_touched(equipment: Equipment) -> None:
    (alone,) = run(equipment, PLAIN)
    beside, calm = run(equipment, PLAIN, replace(PLAIN, calm=(CalmRequest(UPPER),)))
    (calm_alone,) = run(equipment, replace(PLAIN, calm=(CalmRequest(UPPER),)))
    assert torch.allclose(beside, alone, atol=1e-4) and torch.allclose(calm, calm_alone, atol=1e-4)


def test_plane_is_the_one_that_fits_best_and_fades_beyond_the_box() -> None:
    y, x = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    plane_CHW = torch.stack([3 * y - x, 0.5 * x + 2])
    part = calm_box(Box(0.2, 0.2, 0.6, 0.7), (20, 30), CPU, 1.0)
    noise_CHW = torch.randn(2, 20, 30, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(calmed(plane_CHW, [part], 0.0), plane_CHW, atol=1e-4)
    smooth_CHW = calmed(plane_CHW + noise_CHW, [part], 0.0)
    inside = box_mask(Box(0.2, 0.2, 0.6, 0.7), (20, 30)) == 1
    assert (smooth_CHW - plane_CHW)[:, inside].abs().max() < 0.5 < noise_CHW[:, inside].abs().max()
    assert part.mask_HW[inside].min() == 1 and 0 < part.mask_HW[8, 19] < 1 and part.mask_HW[-1, -1] == 0
    assert torch.equal(smooth_CHW[:, -1, -1], (plane_CHW + noise_CHW)[:, -1, -1])


def test_place_too_small_for_a_slope_keeps_its_mean() -> None:
    mask_HW = torch.zeros(6, 6)
    mask_HW[2, 3] = 1
    latents_CHW = torch.randn(4, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(Calm(mask_HW).apply(latents_CHW), latents_CHW, atol=1e-5)
