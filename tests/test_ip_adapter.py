"""What loads as an IP-Adapter and what does not; that it computes what diffusers does is in test_references.py."""

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

from deployments.engine.ip_adapter import load_adapter
from deployments.engine.load import load_model
from deployments.errors import ModelFolderError
from tests.ip_adapter import adapter_tensors


@pytest.fixture(scope="module")
def unet(models_dir: Path) -> UNet2DConditionModel:
    return load_model(models_dir / "starter").unet


def broken(tensors: dict[str, torch.Tensor], how: str) -> dict[str, torch.Tensor]:
    if how == "face":
        return {key.replace("image_proj.proj.", "image_proj.proj.0."): tensor for key, tensor in tensors.items()}
    if how == "face-lora":
        return tensors | {"ip_adapter.1.to_k_lora.down.weight": torch.zeros(4, 4)}
    if how == "fewer-layers":
        return {key: tensor for key, tensor in tensors.items() if not key.startswith("ip_adapter.1.")}
    narrow = {key: tensor[:, :32].contiguous() for key, tensor in tensors.items() if key.startswith("ip_adapter.")}
    return tensors | narrow


FLAWS = ("face-lora", "fewer-layers", "other-width")


@pytest.mark.parametrize(
    ("kind", "how"), [("base", "face"), *(("base", how) for how in FLAWS), *(("plus", how) for how in FLAWS)]
)
def test_other_adapters_are_refused(unet: UNet2DConditionModel, tmp_path: Path, kind: str, how: str) -> None:
    save_file(broken(adapter_tensors(unet, kind), how), tmp_path / "other.safetensors")
    with pytest.raises(ModelFolderError, match="no IP-Adapter"):
        load_adapter(tmp_path / "other.safetensors", unet)


def test_other_formats_and_missing_files_are_refused(unet: UNet2DConditionModel, tmp_path: Path) -> None:
    (tmp_path / "garbage.safetensors").write_bytes(b"PK\x03\x04 no header")
    for name in ("garbage.safetensors", "missing.safetensors", "pickle.bin"):
        with pytest.raises(ModelFolderError, match=name):
            load_adapter(tmp_path / name, unet)


def test_half_precision_files_take_the_unets_type(unet: UNet2DConditionModel, tmp_path: Path) -> None:
    tensors = {key: tensor.half() for key, tensor in adapter_tensors(unet, "plus").items()}
    save_file(tensors, tmp_path / "half.safetensors")
    adapter = load_adapter(tmp_path / "half.safetensors", unet)
    assert {parameter.dtype for parameter in adapter.parameters()} == {torch.float32}
    assert not any(parameter.requires_grad for parameter in adapter.parameters())
