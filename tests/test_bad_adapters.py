"""Adapters that must not be served: refused with a reason, on their way in or on a replica, and nothing changes."""

import hashlib
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from deployments.engine.load import SdxlModel
from deployments.errors import EmblemError
from deployments.model_folder import FileDigest
from deployments.registry.publish import publish
from tests.adapters import write_adapter
from tests.test_follower import Shop, engine, is_same, model, shop

__all__ = ["engine", "model", "shop"]  # fixtures

LAYER = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q"
DOWN, UP = f"{LAYER}.lora_A.weight", f"{LAYER}.lora_B.weight"
Harm = Callable[[Path], object]


def content(change: Callable[[bytes], bytes]) -> Harm:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def tensors(**changed: torch.Tensor | None) -> Harm:
    """Of one layer alone, changed."""

    def write(path: Path) -> None:
        kept = {key: load_file(path)[key] for key in (DOWN, UP)}
        names = {"down": DOWN, "up": UP}
        for name, tensor in changed.items():
            kept.pop(names.get(name, name), None)
            if tensor is not None:
                kept[names.get(name, name)] = tensor
        save_file(kept, path)

    return write


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps({}))


BAD_FILES: dict[str, tuple[Harm, str]] = {
    "truncated": (content(lambda data: data[:-1]), "invalid_safetensors"),
    "too long": (content(lambda data: data + b"\0"), "invalid_safetensors"),
    "header of 5 MB": (content(lambda data: (5 << 20).to_bytes(8, "little") + data[8:]), "invalid_safetensors"),
    "header not JSON": (content(lambda data: data[:9] + b"}" * 40 + data[49:]), "invalid_safetensors"),
    "empty": (content(lambda _: b""), "unsupported_model_format"),
    "pickle": (content(lambda _: pickle.dumps({DOWN: list(range(99))})), "unsupported_model_format"),
    "archive": (zipped, "unsupported_model_format"),
    "NaN": (tensors(up=torch.full((64, 4), torch.nan)), "non_finite_weights"),
    "infinite": (tensors(down=torch.full((4, 64), torch.inf)), "non_finite_weights"),
    "huge": (tensors(up=torch.full((64, 4), 1e6)), "non_finite_weights"),
    "wrong shape": (tensors(up=torch.zeros(32, 4)), "lora_incompatible"),
    "integers": (tensors(up=torch.zeros(64, 4, dtype=torch.int64)), "lora_incompatible"),
    "half a layer": (tensors(up=None), "lora_incompatible"),
    "nothing": (tensors(up=None, down=None), "lora_incompatible"),
    "another architecture": (tensors(**{"lora_unet_double_blocks_0.alpha": torch.ones(1)}), "lora_incompatible"),
    "DoRA": (tensors(**{f"{LAYER}.dora_scale": torch.ones(64)}), "lora_unsupported"),
    "rank": (tensors(down=torch.zeros(33, 64), up=torch.zeros(64, 33)), "lora_rank_too_large"),
    "missing": (Path.unlink, "file_not_found"),
}
BAD_CARDS = {
    "of another model": ({"base_unet": {"unet/x": {"size_bytes": 1, "sha256": "0"}}}, "lora_incompatible"),
    "of another file": ({"files": {"a.safetensors": {"size_bytes": 1, "sha256": "0"}}}, "manifest_mismatch"),
    "with a long title": ({"title": "x" * 201}, "invalid_card"),
}
BAD_NAMES = ("../up", "/etc/x", "a/b", "..", "", "House", "icon", "a\0", "-a", "x" * 51, "a@b")


def refusal(root: Path, models_dir: Path, path: Path, name: str = "house", card: Path | None = None) -> EmblemError:
    """Of a publication; afterwards the registry's folder is as it was."""
    before = {file: file.read_bytes() for file in root.parent.rglob("*") if file.is_file()}
    with pytest.raises(EmblemError) as caught:
        publish(root, path, name, models_dir / "starter", card)
    assert {file: file.read_bytes() for file in root.parent.rglob("*") if file.is_file()} == before
    assert not [*root.glob("adapters/*")]
    return caught.value


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_not_published(name: str, model: SdxlModel, models_dir: Path, tmp_path: Path) -> None:
    harm, code = BAD_FILES[name]
    path = write_adapter(tmp_path, model, seed=1)
    harm(path)
    assert refusal(tmp_path / "registry", models_dir, path).code == code


def test_other_endings_cards_and_names_are_not_published(model: SdxlModel, models_dir: Path, tmp_path: Path) -> None:
    root, path = tmp_path / "registry", write_adapter(tmp_path, model, seed=1).rename(tmp_path / "a.safetensors")
    for ending in (".bin", ".pt", ".ckpt", ""):
        other = shutil.copy(path, tmp_path / f"a{ending}")
        assert refusal(root, models_dir, Path(other)).code == "unsupported_model_format"
    for told, code in BAD_CARDS.values():
        (tmp_path / "a.json").write_text(json.dumps(told))
        assert refusal(root, models_dir, path, card=tmp_path / "a.json").code == code
    for name in BAD_NAMES:
        assert refusal(root, models_dir, path, name).code == "invalid_name"
    assert not root.exists()


def forged(harm: Harm) -> Callable[[Path], None]:
    """With a manifest that has the harmed file's own digest."""

    def write(folder: Path) -> None:
        weights = folder / "adapter.safetensors"
        harm(weights)
        data = weights.read_bytes()
        digest = FileDigest(size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        tell(files={weights.name: digest.model_dump()})(folder)

    return write


def tell(**changed: object) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(manifest | changed))

    return write


def loud(path: Path) -> None:
    """Each value is within bounds; all of them together are not."""
    save_file({key: torch.full_like(tensor, 9e3) for key, tensor in load_file(path).items()}, path)


FLIPPED = content(lambda data: data[:-1] + bytes([data[-1] ^ 1]))
BAD_VERSIONS: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "a flipped bit": (lambda folder: FLIPPED(folder / "adapter.safetensors"), 409, "not those that were published"),
    "truncated": (lambda folder: BAD_FILES["truncated"][0](folder / "adapter.safetensors"), 409, "not a safetensors"),
    "no weights": (lambda folder: (folder / "adapter.safetensors").unlink(), 503, "do not read"),
    "no manifest": (lambda folder: (folder / "manifest.json").unlink(), 404, "no style adapter"),
    "another model's": (tell(base="other@1", base_unet={}), 409, "made for another model, other@1"),
    "a path": (tell(files={"../../stages.json": {"size_bytes": 1, "sha256": ""}}), 503, "does not read"),
    "forged NaN": (forged(BAD_FILES["NaN"][0]), 409, "not finite"),
    "forged rank": (forged(tensors(down=torch.zeros(17, 64), up=torch.zeros(64, 17))), 409, "rank 17"),
    "infinite when drawn": (forged(loud), 409, "output is not finite"),
}


@pytest.mark.parametrize("name", BAD_VERSIONS)
def test_bad_version_is_refused_by_replicas_and_the_live_one_goes_on(shop: Shop, name: str) -> None:
    harm, status, reason = BAD_VERSIONS[name]
    good, bad = (shop.publish("house", seed) for seed in (1, 2))
    shop.move(good)
    before = shop.draw("house")[0]
    folder = shop.root / "adapters" / "house" / bad.split("@")[1]
    harm(folder)
    assert reason in shop.move(bad, status=status)
    assert shop.registry.find("house").id == good
    # Also when another program has made it live without asking.
    stages = shop.registry.stages("house").model_copy(update={"live": bad.split("@")[1]})
    (shop.root / "adapters" / "house" / "stages.json").write_text(stages.model_dump_json())
    shop.follower.follow()
    [state] = shop.follower.states
    assert state.live == good and reason in str(state.problem)
    # Where not even the manifest reads, the gateway can't tell what the name means; the version itself is still there.
    pixels, adapters = shop.draw("house" if status == 409 else good)
    assert adapters == [good] and is_same(pixels, before)


def test_adapter_that_never_was_good_is_told_to_who_asks_for_it(shop: Shop) -> None:
    bad = shop.publish("house", seed=1)
    shop.registry.promote(bad)
    FLIPPED(shop.registry.weights_path(shop.registry.read(bad)))
    answer = shop.client.post("/v1/images/generations", json={"prompt": "a", "lora": [{"id": "house"}]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "manifest_mismatch")
    shop.draw()
