"""Parts of a model that must not be served: refused with a reason, on their way in or on a replica; nothing changes."""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from deployments.errors import EmblemError
from deployments.registry.names import VersionKind
from deployments.registry.publish import publish
from tests.reference_versions import NAME, publish_reference, write_reference
from tests.test_follower import Shop, is_same, model
from tests.test_reference_versions import draw, engine, shop, shown, stocked
from tests.unets import publish_unet, write_unet

__all__ = ["engine", "model", "shop", "shown", "stocked"]  # fixtures


@dataclass(frozen=True)
class Part:
    kind: VersionKind
    name: str
    file: str
    write: Callable[[Path, Path, int], Path]
    publish: Callable[[Path, Path, int], str]
    weight: str  # of its tensors, one


PARTS = (
    Part("unet", "starter", "unet.safetensors", write_unet, publish_unet, "mid_block.attentions.0.proj_in.weight"),
    Part(
        "reference", NAME, "ip-adapter.safetensors", write_reference, publish_reference, "ip_adapter.3.to_v_ip.weight"
    ),
)
of_both = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.kind)
Harm = Callable[[Path, str], object]  # of a file, in one tensor or all of it


def content(change: Callable[[bytes], bytes]) -> Harm:
    return lambda path, _: path.write_bytes(change(path.read_bytes()))


def tensors(change: Callable[[dict[str, torch.Tensor], str], object]) -> Harm:
    def write(path: Path, weight: str) -> None:
        weights = load_file(path)
        change(weights, weight)
        save_file(weights, path.with_name("changed"))
        path.with_name("changed").replace(path)

    return write


def put(made: Callable[[torch.Tensor], torch.Tensor], name: str = "") -> Harm:
    return tensors(lambda weights, weight: weights.update({name or weight: made(weights[weight])}))


def with_nan(weight: torch.Tensor) -> torch.Tensor:
    weight[3, 5] = torch.nan
    return weight


BAD_FILES: dict[str, tuple[Harm, str, str]] = {
    "pickle": (content(lambda _: pickle.dumps({"weight": 1})), "unsupported_model_format", "no safetensors file"),
    "empty": (content(lambda _: b""), "unsupported_model_format", "no safetensors file"),
    "truncated": (content(lambda data: data[:-1]), "invalid_safetensors", "not a safetensors file"),
    "header of 5 MB": (content(lambda data: (5 << 20).to_bytes(8, "little") + data[8:]), "invalid_safetensors", ""),
    "too large": (content(lambda data: data + bytes(5 << 20)), "file_too_large", "has over"),
    "NaN": (put(with_nan), "non_finite_weights", "has values"),
    "infinite": (put(lambda weight: weight * torch.inf), "non_finite_weights", "has values"),
    "missing": (tensors(lambda weights, weight: weights.pop(weight)), "incompatible", "is missing"),
    "one more": (put(torch.ones_like, "lora.up.weight"), "incompatible", "belongs to no part"),
    "wrong shape": (put(lambda weight: weight[:-1].clone()), "incompatible", "not F32"),
    "integers": (put(torch.Tensor.int), "incompatible", "is I32"),
}


@of_both
@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_not_published(name: str, part: Part, stocked: Path, tmp_path: Path) -> None:
    harm, code, reason = BAD_FILES[name]
    path = part.write(tmp_path, stocked / "starter", 1)
    harm(path, part.weight)
    with pytest.raises(EmblemError) as caught:
        publish(tmp_path / "registry", path, part.name, stocked / "starter")
    assert caught.value.code == (f"{part.kind}_incompatible" if code == "incompatible" else code)
    assert reason in str(caught.value) and not (tmp_path / "registry").exists()


def test_another_type_is_taken_for_a_reference_adapter_and_not_for_a_unet(stocked: Path, tmp_path: Path) -> None:
    halves = {part.kind: part.write(tmp_path, stocked / "starter", 1) for part in PARTS}
    for part in PARTS:
        put(torch.Tensor.half)(halves[part.kind], part.weight)
    with pytest.raises(EmblemError, match="is F16"):
        publish(tmp_path / "registry", halves["unet"], "starter", stocked / "starter")
    assert publish(tmp_path / "registry", halves["reference"], NAME, stocked / "starter").startswith(f"{NAME}@")


@of_both
def test_name_ending_and_card_of_something_else_are_refused(part: Part, stocked: Path, tmp_path: Path) -> None:
    path, folder, root = part.write(tmp_path, stocked / "starter", 1), stocked / "starter", tmp_path / "registry"
    (tmp_path / "card.json").write_text(json.dumps({"base_unet": {"unet/x": {"size_bytes": 1, "sha256": "0"}}}))
    refusals: dict[str, Callable[[], Any]] = {
        "invalid_name": lambda: publish(root, path, part.name.replace("starter", "sdxl"), folder),
        "lora_incompatible": lambda: publish(root, path, "house", folder),  # no style
        f"{part.kind}_incompatible": lambda: publish(root, path, part.name, folder, tmp_path / "card.json"),
        "unsupported_model_format": lambda: publish(root, path.rename(tmp_path / "a.ckpt"), part.name, folder),
    }
    for code, refused in refusals.items():
        with pytest.raises(EmblemError) as caught:
            refused()
        assert caught.value.code == code


def test_model_without_a_reference_adapter_takes_none(models_dir: Path, stocked: Path, tmp_path: Path) -> None:
    path = write_reference(tmp_path, stocked / "starter", 1)
    with pytest.raises(EmblemError, match="has no reference adapter"):
        publish(tmp_path / "registry", path, NAME, models_dir / "starter")


def swapped(path: Path, weight: str) -> None:
    """Weights that are good, and not those that were published."""
    put(lambda tensor: tensor + 1)(path, weight)


def of_another_model(path: Path, _: str) -> None:
    manifest = json.loads((path.parent / "manifest.json").read_text())
    (path.parent / "manifest.json").write_text(json.dumps(manifest | {"base": "other@1", "base_unet": {}}))


BAD_VERSIONS: dict[str, tuple[Harm, int, str]] = {
    "swapped": (swapped, 409, "not those that were published"),
    "truncated": (content(lambda data: data[:-1]), 409, "not those that were published"),
    "no weights": (lambda path, _: path.unlink(), 503, "do not read"),
    "another model's": (of_another_model, 409, "made for another model, other@1"),
}


@of_both
@pytest.mark.parametrize("name", BAD_VERSIONS)
def test_bad_version_is_refused_by_replicas_and_the_live_one_goes_on(
    shop: Shop, shown: dict[str, Any], part: Part, name: str
) -> None:
    harm, status, reason = BAD_VERSIONS[name]
    good, bad = (part.publish(shop.root, shop.models_dir / "starter", seed) for seed in (1, 2))
    shop.move(good)
    before = draw(shop, shown)[0]
    harm(shop.root / "adapters" / part.name / bad.split("@")[1] / part.file, part.weight)
    assert reason in shop.move(bad, status=status)
    shop.registry.promote(bad)  # as another program may, without asking
    shop.follower.follow()
    [state] = shop.follower.states
    assert state.live == good and reason in str(state.problem)
    assert is_same(draw(shop, shown)[0], before)


@of_both
def test_what_draws_nothing_finite_is_refused(shop: Shop, shown: dict[str, Any], part: Part) -> None:
    before, folder = draw(shop, shown)[0], shop.models_dir / "starter"
    path = part.write(shop.root.parent / "huge", folder, 1)
    tensors(lambda weights, _: weights.update({key: 1e38 * torch.ones_like(one) for key, one in weights.items()}))(
        path, ""
    )
    huge = publish(shop.root, path, part.name, folder)
    assert "output is not finite" in shop.move(huge, status=409)
    assert is_same(draw(shop, shown)[0], before)
