"""Whole UNets that must not be served: refused with a reason, on their way in or on a replica, and nothing changes."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from deployments.errors import EmblemError
from deployments.registry.publish import publish
from tests.test_follower import Shop, is_same, model
from tests.test_unet_versions import draw, engine, shop
from tests.unets import publish_unet, write_unet

__all__ = ["engine", "model", "shop"]  # fixtures

WEIGHT = "mid_block.attentions.0.proj_in.weight"
Harm = Callable[[Path], object]


def content(change: Callable[[bytes], bytes]) -> Harm:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def tensors(change: Callable[[dict[str, torch.Tensor]], object]) -> Harm:
    def write(path: Path) -> None:
        weights = load_file(path)
        change(weights)
        save_file(weights, path.with_name("changed"))
        path.with_name("changed").replace(path)

    return write


def put(name: str, made: Callable[[torch.Tensor], torch.Tensor]) -> Harm:
    return tensors(lambda weights: weights.update({name: made(weights[WEIGHT])}))


def with_nan(weight: torch.Tensor) -> torch.Tensor:
    weight[3, 5] = torch.nan
    return weight


BAD_FILES: dict[str, tuple[Harm, str, str]] = {
    "pickle": (content(lambda _: pickle.dumps({WEIGHT: 1})), "unsupported_model_format", "no safetensors file"),
    "empty": (content(lambda _: b""), "unsupported_model_format", "no safetensors file"),
    "truncated": (content(lambda data: data[:-1]), "invalid_safetensors", "not a safetensors file"),
    "header of 5 MB": (content(lambda data: (5 << 20).to_bytes(8, "little") + data[8:]), "invalid_safetensors", ""),
    "too large": (content(lambda data: data + bytes(5 << 20)), "file_too_large", "has over"),
    "NaN": (put(WEIGHT, with_nan), "non_finite_weights", "mid_block"),
    "infinite": (put(WEIGHT, lambda weight: weight * torch.inf), "non_finite_weights", "mid_block"),
    "missing": (tensors(lambda weights: weights.pop(WEIGHT)), "unet_incompatible", "is missing"),
    "one more": (put("lora.up.weight", torch.ones_like), "unet_incompatible", "belongs to no part"),
    "wrong shape": (put(WEIGHT, lambda weight: weight[:-1].clone()), "unet_incompatible", "not F32"),
    "another type": (put(WEIGHT, torch.Tensor.half), "unet_incompatible", "is F16"),
    "integers": (put(WEIGHT, torch.Tensor.int), "unet_incompatible", "is I32"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_not_published(name: str, models_dir: Path, tmp_path: Path) -> None:
    harm, code, reason = BAD_FILES[name]
    path = write_unet(tmp_path, models_dir / "starter", seed=1)
    harm(path)
    with pytest.raises(EmblemError) as caught:
        publish(tmp_path / "registry", path, "starter", models_dir / "starter")
    assert caught.value.code == code and reason in str(caught.value)
    assert not (tmp_path / "registry").exists()


def test_name_ending_and_card_of_something_else_are_refused(models_dir: Path, tmp_path: Path) -> None:
    path, folder = write_unet(tmp_path, models_dir / "starter", seed=1), models_dir / "starter"
    (tmp_path / "card.json").write_text(json.dumps({"base_unet": {"unet/x": {"size_bytes": 1, "sha256": "0"}}}))
    refusals = {
        "invalid_name": lambda: publish(tmp_path / "registry", path, "sdxl", folder),
        "lora_incompatible": lambda: publish(tmp_path / "registry", path, "house", folder),  # no adapter
        "unet_incompatible": lambda: publish(tmp_path / "registry", path, "starter", folder, tmp_path / "card.json"),
        "unsupported_model_format": lambda: publish(
            tmp_path / "registry", path.rename(tmp_path / "unet.ckpt"), "starter", folder
        ),
    }
    for code, refused in refusals.items():
        with pytest.raises(EmblemError) as caught:
            refused()
        assert caught.value.code == code


def swapped(folder: Path) -> None:
    """Weights that are good, and not those that were published."""
    weights = load_file(folder / "unet.safetensors")
    weights[WEIGHT] += 1
    save_file(weights, folder / "unet.safetensors")


def of_another_model(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"base": "other@1", "base_unet": {}}))


BAD_VERSIONS: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "swapped": (swapped, 409, "not those that were published"),
    "no weights": (lambda folder: (folder / "unet.safetensors").unlink(), 503, "do not read"),
    "another model's": (of_another_model, 409, "made for another model, other@1"),
}


@pytest.mark.parametrize("name", BAD_VERSIONS)
def test_bad_version_is_refused_by_replicas_and_the_live_one_goes_on(shop: Shop, name: str) -> None:
    harm, status, reason = BAD_VERSIONS[name]
    good, bad = (publish_unet(shop.root, shop.models_dir / "starter", seed) for seed in (1, 2))
    shop.move(good)
    before = draw(shop)[0]
    harm(shop.root / "adapters" / "starter" / bad.split("@")[1])
    assert reason in shop.move(bad, status=status)
    shop.registry.promote(bad)  # as another program may, without asking
    shop.follower.follow()
    [state] = shop.follower.states
    assert state.live == good and reason in str(state.problem)
    pixels, told = draw(shop)
    assert told == good and is_same(pixels, before)
