"""A whole UNet learns, from a folder of pictures to what the service draws with it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from deployments.engine.unet_files import base_files
from deployments.engine.weight_files import UNET, layout_of
from deployments.model_folder import read_manifest
from tests.style_pictures import write_discs
from tests.test_finetune_style import Losses
from tests.test_follower import Shop, is_same, model
from tests.test_unet_versions import draw, engine, shop
from tests.trainings import run_training
from train.finetune.card import ModelCard
from train.finetune.recipes import TINY_FULL
from train.finetune.run import job_of
from train.finetune.style import KeptInPlace, StyleJob, train_style

__all__ = ["engine", "model", "shop"]  # fixtures


def test_trained_unet_is_published_promoted_and_drawn_with(shop: Shop, tmp_path: Path) -> None:
    folder = shop.models_dir / "starter"
    trained = run_training(tmp_path, folder, shop.root, recipe="tiny-full")
    manifest, base = shop.registry.read(trained.version), read_manifest(folder)
    assert (manifest.kind, manifest.name, manifest.title, manifest.rank) == ("unet", "starter", "house", 0)
    assert manifest.trial and manifest.gates and manifest.base == base.version and "samples.png" in manifest.files
    weights = shop.registry.weights_path(manifest)
    assert layout_of([weights], UNET) == layout_of(base_files(folder), UNET)
    own = {name: tensor for path in base_files(folder) for name, tensor in load_file(path).items()}
    assert all(not torch.equal(tensor, own[name]) for name, tensor in load_file(weights).items())  # all of it learns
    before = draw(shop)[0]
    forced = {"force": True}  # this model has no encoder to measure the style with
    assert shop.client.post(f"/v1/model_versions/{trained.version}/promote", json=forced).json()["status"] == "live"
    pixels, told = draw(shop)
    assert told == trained.version and not is_same(pixels, before)
    card = ModelCard.model_validate_json((Path(trained.spec.folder) / "adapter.json").read_text())
    assert card.metrics["loss_after"] < card.metrics["loss_before"]
    assert card.metrics["loss_before"] == pytest.approx(_loss_of_the_base(job_of(trained.spec)), rel=1e-5)


def test_cut_run_goes_on_to_the_same_losses_and_file(models_dir: Path, tmp_path: Path) -> None:
    def job(name: str) -> StyleJob:
        return StyleJob(
            data=str(write_discs(tmp_path / "discs")), model=str(models_dir / "starter"),
            out=str(tmp_path / name / "out.safetensors"), work=str(tmp_path / name), recipe="tiny-full",
            trigger="stkr", template="{trigger} {caption}", title="Discs", license="CC0-1.0", num_steps=6,
        )  # fmt: skip

    whole, cut, answers = Losses(), Losses(), iter([False] * 3 + [True])
    assert train_style(job("whole"), whole, lambda: False, KeptInPlace()).is_done
    assert train_style(job("cut"), cut, lambda: next(answers), KeptInPlace()).step == 3
    assert train_style(job("cut"), cut, lambda: False, KeptInPlace()).is_done
    assert cut.by_step == whole.by_step and len(cut.by_step) == 6
    one, other = (load_file(job(name).out) for name in ("whole", "cut"))
    assert one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def _loss_of_the_base(job: StyleJob) -> float:
    """Of a run that learns nothing."""
    still = replace(job, work=f"{job.work}-still", out=f"{job.work}-still/out.safetensors", learning_rate=0.0)
    train_style(still, _Nobody(), lambda: False, KeptInPlace())
    card = ModelCard.model_validate_json(Path(still.out).with_suffix(".json").read_text())
    assert card.recipe["learns"] == TINY_FULL.learns
    return card.metrics["loss_after"]


class _Nobody:
    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        assert np.isfinite(metrics["loss"]) and step
