"""8-bit linears: near the linears that they replace, and under a LoRA bank that stays exact."""

from pathlib import Path

import pytest
import torch
from torch import nn

from deployments.engine.equipment import Equipment, equip
from deployments.engine.fp8 import Fp8Linear, use_fp8_linears
from deployments.engine.load import SdxlModel, load_model
from deployments.engine.lora_bank import BankedLinear, LoraHandle, LoraUse
from tests.lora import random_matrices, run, write_peft


def relative_l2(output: torch.Tensor, reference: torch.Tensor) -> float:
    return float((output.float() - reference.float()).norm() / reference.float().norm())


def test_fp8_linear_is_near_the_linear() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(64, 32).bfloat16()
    x = torch.randn(2, 5, 64).bfloat16() * torch.tensor([[[0.01]], [[100.0]]]).bfloat16()  # rows of unlike size
    with torch.inference_mode():
        output, expected = Fp8Linear(linear)(x), linear(x)
    assert 0 < max(relative_l2(*pair) for pair in zip(output.flatten(0, 1), expected.flatten(0, 1), strict=True)) < 0.15


@pytest.fixture(scope="module")
def pristine(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


@pytest.fixture(scope="module")
def equipment(models_dir: Path) -> Equipment:
    model = load_model(models_dir / "starter")
    assert use_fp8_linears(model.unet, min_width=32) > 10
    return equip(model, max_lora_rank=8)


@pytest.fixture(scope="module")
def handles(equipment: Equipment, tmp_path_factory: pytest.TempPathFactory) -> list[LoraHandle]:
    folder = tmp_path_factory.mktemp("lora")
    handles = []
    for seed in (1, 2):
        path = write_peft(folder / str(seed), {"unet": random_matrices(equipment.model, 3, seed)})
        handles.append(equipment.bank.add(equipment.read_lora(str(seed), path)))
        equipment.bank.acquire(handles[-1])
    return handles


def run_with(equipment: Equipment, *uses: tuple[LoraUse, ...]) -> torch.Tensor:
    equipment.bank.select(uses)
    return run(equipment.model.unet, range(len(uses)))


def test_unet_stays_near_itself_and_keeps_its_dtype(pristine: SdxlModel, equipment: Equipment) -> None:
    assert equipment.model.unet.dtype == pristine.unet.dtype
    assert 1e-4 < relative_l2(run_with(equipment, (), ()), run(pristine.unet, [0, 1])) < 0.1


def test_bank_over_fp8_adds_exactly_the_adapter(equipment: Equipment, handles: list[LoraHandle]) -> None:
    layers = [module for module in equipment.model.unet.modules() if isinstance(module, BankedLinear)]
    quantised = [layer for layer in layers if layer.weight.dtype == torch.float8_e4m3fn]
    assert quantised
    for layer in quantised:
        x_1TI = torch.randn(1, 3, layer.in_features)
        with torch.inference_mode():
            equipment.bank.select([()])
            base = layer(x_1TI)
            equipment.bank.select([(LoraUse(handles[0], 0.5),)])
            slots = list(handles[0].slots)
            added = 0.5 * x_1TI @ layer.down_SI[slots].T @ layer.up_SO[slots]
            torch.testing.assert_close(layer(x_1TI) - base, added, atol=1e-4, rtol=1e-4)


def test_rows_with_and_without_adapters_are_as_alone(equipment: Equipment, handles: list[LoraHandle]) -> None:
    first, second = (LoraUse(handle, 0.8) for handle in handles)
    uses = [(), (first,), (first, second)]
    together = run_with(equipment, *uses)
    assert torch.equal(together[0], run_with(equipment, (), (), ())[0])
    for row, use in enumerate(uses):
        beside_none = run_with(equipment, *(use if place == row else () for place in range(len(uses))))[row]
        assert relative_l2(together[row], beside_none) < 1e-5
        # Another number of rows sums in another order, and what that changes is rounded to 8 bits.
        alone = run_with(equipment, *([()] * row), use)[row]
        assert relative_l2(together[row], alone) < 0.03
    assert relative_l2(together[1], together[0]) > 0.01
