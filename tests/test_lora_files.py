"""Adapter files against diffusers' own writers and readers, and against what foreign files may hold."""

import json
import struct
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from diffusers.utils import convert_state_dict_to_diffusers, convert_state_dict_to_kohya
from safetensors.torch import load_file, save_file

from deployments.engine.load import SdxlModel, load_model
from deployments.engine.lora_files import LoraAdapter, read_lora
from deployments.errors import InvalidRequest
from tests.lora import random_matrices, random_text_matrices, write_kohya, write_peft

LAYER = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q"  # 64 to 64
DOWN, UP = f"unet.{LAYER}.lora_A.weight", f"unet.{LAYER}.lora_B.weight"


@pytest.fixture(scope="module")
def model(models_dir: Path) -> SdxlModel:
    return load_model(models_dir / "starter")


def read(path: Path, model: SdxlModel) -> LoraAdapter:
    return read_lora(path, "a", model, max_rank=16)


def all_parts(model: SdxlModel, rank: int) -> dict[str, dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    return {
        "unet": random_matrices(model, rank, seed=1),
        "text_encoder": random_text_matrices(model.text_encoders[0], rank, seed=2),
        "text_encoder_2": random_text_matrices(model.text_encoders[1], rank, seed=3),
    }


def assert_same(one: LoraAdapter, other: LoraAdapter) -> None:
    for ours, theirs in zip((one.layers, *one.text_layers), (other.layers, *other.text_layers), strict=True):
        assert ours.keys() == theirs.keys()
        for path, layer in ours.items():
            assert torch.equal(layer.down, theirs[path].down) and torch.equal(layer.up, theirs[path].up)
            assert layer.scale == theirs[path].scale


def test_every_layer_is_found_with_its_scale(model: SdxlModel, tmp_path: Path) -> None:
    parts = all_parts(model, rank=4)
    alphas = {"unet": 2.0, "text_encoder": 8.0, "text_encoder_2": 1.0}
    adapter = read(write_peft(tmp_path / "a.safetensors", parts, alphas), model)
    for part, layers in zip(parts, (adapter.layers, *adapter.text_layers), strict=True):
        assert layers.keys() == parts[part].keys()
        for path, (down, up) in parts[part].items():
            assert torch.equal(layers[path].down, down) and torch.equal(layers[path].up, up)
            assert layers[path].scale == alphas[part] / 4
    assert adapter.rank == 4 and len(adapter.digest) == 64


@pytest.mark.parametrize("sgm", [True, False], ids=["stability-names", "diffusers-names"])
def test_kohya_file_equals_diffusers_file_of_the_same_adapter(model: SdxlModel, tmp_path: Path, sgm: bool) -> None:
    parts = all_parts(model, rank=4)
    kohya = write_kohya(tmp_path / "k.safetensors", parts, alpha=2.0, sgm=sgm)
    peft = write_peft(tmp_path / "p.safetensors", parts, dict.fromkeys(parts, 2.0))
    assert_same(read(kohya, model), read(peft, model))


def test_names_of_stability_layers_are_those_that_diffusers_finds(model: SdxlModel, tmp_path: Path) -> None:
    parts = {"unet": random_matrices(model, rank=2, seed=1)}
    path = write_kohya(tmp_path / "k.safetensors", parts, alpha=2.0)
    theirs, _ = StableDiffusionXLPipeline.lora_state_dict(load_file(path), unet_config=model.unet.config)
    theirs = {key.replace(".processor.", ".").replace("to_out_lora", "to_out.0_lora"): t for key, t in theirs.items()}
    for module, layer in read(path, model).layers.items():
        key = f"unet.{module}_lora.down.weight" if ".to_" in module else f"unet.{module}.lora.down.weight"
        assert torch.equal(layer.down, theirs.pop(key))
    assert all("up.weight" in key for key in theirs)


def test_missing_alpha_means_rank(model: SdxlModel, tmp_path: Path) -> None:
    parts = {"unet": random_matrices(model, rank=4, seed=1)}
    for path in (
        write_peft(tmp_path / "p.safetensors", parts),
        write_kohya(tmp_path / "k.safetensors", parts, alpha=None),
    ):
        assert {layer.scale for layer in read(path, model).layers.values()} == {1.0}


def test_diffusers_own_writers_are_read(model: SdxlModel, tmp_path: Path) -> None:
    matrices = random_matrices(model, rank=4, seed=1)
    expected = read(write_peft(tmp_path / "p.safetensors", {"unet": matrices}), model)
    peft = {}
    for module, (down, up) in matrices.items():
        peft[f"{module}.lora_A.weight"], peft[f"{module}.lora_B.weight"] = down, up
    # What the training scripts of diffusers do, with and without the adapter's configuration in the header.
    StableDiffusionXLPipeline.save_lora_weights(tmp_path, unet_lora_layers=convert_state_dict_to_diffusers(dict(peft)))
    assert_same(read(tmp_path / "pytorch_lora_weights.safetensors", model), expected)
    StableDiffusionXLPipeline.save_lora_weights(
        tmp_path, unet_lora_layers=peft,
        unet_lora_adapter_metadata={"r": 4, "lora_alpha": 2, "alpha_pattern": {LAYER: 6}, "use_dora": False},
    )  # fmt: skip
    layers = read(tmp_path / "pytorch_lora_weights.safetensors", model).layers
    assert {path: layer.scale for path, layer in layers.items()} == dict.fromkeys(matrices, 0.5) | {LAYER: 1.5}
    # Its export to kohya's format holds whole numbers as alpha.
    kohya = convert_state_dict_to_kohya({f"unet.{key}": tensor for key, tensor in peft.items()})
    save_file(kohya, tmp_path / "k")
    assert_same(read(tmp_path / "k", model), expected)


def valid() -> dict[str, torch.Tensor]:
    return {DOWN: torch.ones(4, 64), UP: torch.ones(64, 4)}


def test_the_valid_file_that_bad_ones_are_made_of_is_read(model: SdxlModel, tmp_path: Path) -> None:
    save_file(valid(), tmp_path / "good")
    assert read(tmp_path / "good", model).layers.keys() == {LAYER}


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({DOWN: None}, "lora_incompatible", "no down weight"),
        ({UP: None}, "lora_incompatible", "no up weight"),
        ({DOWN: None, UP: None, f"unet.{LAYER}.alpha": torch.tensor(1.0)}, "lora_incompatible", "no down weight"),
        ({DOWN: None, UP: None}, "lora_incompatible", "no layers"),
        ({DOWN: torch.ones(4, 63)}, "lora_incompatible", r"shape \[4, 63\], not \[4, 64\]"),
        ({UP: torch.ones(64, 3)}, "lora_incompatible", r"shape \[64, 3\], not \[64, 4\]"),
        ({DOWN: torch.ones(4, 64, 1, 1)}, "lora_incompatible", "must be a float matrix"),
        ({DOWN: torch.ones(0, 64), UP: torch.ones(64, 0)}, "lora_incompatible", "must be a float matrix"),
        ({DOWN: torch.ones(17, 64), UP: torch.ones(64, 17)}, "lora_rank_too_large", "rank 17"),
        ({DOWN: torch.ones(4, 64, dtype=torch.int8)}, "lora_incompatible", "must be a float matrix"),
        ({DOWN: torch.ones(4, 64, dtype=torch.float64)}, "lora_incompatible", "must be a float matrix"),
        ({DOWN: torch.full((4, 64), float("nan"))}, "non_finite_weights", "not finite"),
        ({UP: torch.full((64, 4), float("-inf"))}, "non_finite_weights", "not finite"),
        ({UP: torch.full((64, 4), 1e30)}, "non_finite_weights", "over 10000"),
        ({f"unet.{LAYER}.alpha": torch.tensor(1e30)}, "non_finite_weights", "its scale"),
        ({f"unet.{LAYER}.alpha": torch.tensor(float("nan"))}, "lora_incompatible", "one finite number"),
        ({f"unet.{LAYER}.alpha": torch.ones(2)}, "lora_incompatible", "one finite number"),
        ({f"unet.{LAYER}.dora_scale": torch.ones(64)}, "lora_unsupported", "DoRA"),
        ({f"unet.{LAYER}.lora_magnitude_vector": torch.ones(64)}, "lora_unsupported", "DoRA"),
        ({f"unet.{LAYER}.lora_B.bias": torch.ones(64)}, "lora_incompatible", "lora_B.bias"),
        ({f"unet.{LAYER}.hada_w1_a": torch.ones(64, 4)}, "lora_incompatible", "hada_w1_a"),
        ({"unet.down_blocks.0.resnets.0.conv1.lora_A.weight": torch.ones(4, 64, 3, 3)}, "lora_incompatible", "conv1"),
        ({"unet.time_embedding.linear_1.lora_A.weight": torch.ones(4, 32)}, "lora_incompatible", "linear_1"),
        ({"transformer.x.lora_A.weight": torch.ones(4, 64)}, "lora_incompatible", "transformer.x"),
        ({f"lora_unet_{LAYER.replace('.', '_')}.lora_down.weight": torch.ones(4, 64)}, "lora_incompatible", "second"),
        ({"x" * 5000: torch.ones(1)}, "lora_incompatible", "xxx"),
    ],
)
def test_file_with_content_that_does_not_fit_is_refused(
    model: SdxlModel, tmp_path: Path, changes: dict[str, torch.Tensor | None], code: str, message: str
) -> None:
    tensors = {key: tensor for key, tensor in (valid() | changes).items() if tensor is not None}
    save_file(tensors, tmp_path / "bad")
    with pytest.raises(InvalidRequest, match=message) as caught:
        read(tmp_path / "bad", model)
    assert (caught.value.code, caught.value.param) == (code, "lora")
    assert len(caught.value.message) < 500


@pytest.mark.parametrize(
    "header",
    [
        "{", "[" * 100_000, "[]", '{"unet.lora_alpha": "4"}', '{"unet.lora_alpha": NaN}', '{"unet.alpha_pattern": [1]}',
        '{"unet.lora_alpha": 1' + "0" * 400 + "}", '{"unet.lora_alpha": 4, "unet.use_dora": true}',
        '{"unet.use_rslora": true}',
    ],
    ids=["cut", "deep", "list", "text", "nan", "pattern", "huge", "dora", "rslora"],
)  # fmt: skip
def test_header_that_asks_for_what_we_cannot_do_is_refused(model: SdxlModel, tmp_path: Path, header: str) -> None:
    save_file(valid(), tmp_path / "bad", {"lora_adapter_metadata": header})
    with pytest.raises(InvalidRequest, match="cannot be used: its header"):
        read(tmp_path / "bad", model)


def with_header(header: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header


def entry(begin: int, end: int, shape: list[int], dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"\x80\x04\x95pickle" + b"\0" * 64,
        b"PK\x03\x04" + b"\0" * 64,
        with_header(b"{}", length=2**63),
        with_header(b"{}", length=5 << 20),
        with_header(b"{}", length=0),
        with_header(b"[]"),
        with_header(b"\xff\xfe"),
        with_header(b'{"a": 1}'),
        with_header(json.dumps({DOWN: entry(0, 4, [1], "X9")}).encode()) + b"\0" * 4,
        with_header(json.dumps({DOWN: entry(0, 8, [1])}).encode()) + b"\0" * 8,
        with_header(json.dumps({DOWN: entry(4, 0, [1])}).encode()) + b"\0" * 4,
        with_header(json.dumps({DOWN: entry(0, 4, [2**62, 2**62])}).encode()) + b"\0" * 4,
        with_header(json.dumps({DOWN: entry(0, 4, [1])}).encode()) + b"\0" * 5,
        with_header(json.dumps({DOWN: entry(0, 4, [1])}).encode()) + b"\0" * 3,
        with_header(json.dumps({f"k{i}": entry(0, 0, [0]) for i in range(20_001)}).encode()),
    ],
    ids=lambda data: repr(data[:24]),
)
def test_file_that_is_no_safetensors_file_is_refused(model: SdxlModel, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(InvalidRequest) as caught:
        read(tmp_path / "bad", model)
    assert caught.value.code == "invalid_safetensors"
