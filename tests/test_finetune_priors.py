"""An object learnt beside its class: pictures of the class are drawn once, mixed into batches, and keep it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from deployments.engine.load import load_model
from deployments.engine.text import PromptEncoder
from deployments.model_folder import read_manifest
from tests.ip_adapter import make_encoder
from tests.style_pictures import disc, png, write_discs
from tests.test_finetune_style import Losses, job, run
from tests.trainings import run_training
from train.data.data_set import DataSet, open_data_set
from train.data.prepare import Wording
from train.finetune.encode import SampleEncoder, encode
from train.finetune.held_out import in_new_contexts
from train.finetune.mixed import MixedBatches
from train.finetune.objective import StyleBatches, StyleObjective
from train.finetune.priors import OwnWords, as_drawn, class_prompts, draw_priors
from train.finetune.recipes import RECIPES, TINY, StyleRecipe

OBJECT = replace(TINY, name="object", num_priors=6, prior_share=0.5)
CLASS = "disc icon"


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    """In two sizes."""
    folder = write_discs(tmp_path / "discs")
    (folder / "wide.png").write_bytes(png(disc((0, 0, 0)).resize((96, 64))))
    return open_data_set(folder)


def test_class_is_drawn_once_in_every_size_and_in_its_own_words(
    models_dir: Path, data: DataSet, tmp_path: Path
) -> None:
    def drawn(class_prompt: str) -> DataSet:
        return draw_priors(models_dir / "starter", data, OBJECT, class_prompts(data, class_prompt), tmp_path / "work")

    one = drawn(CLASS)
    assert len(one.samples) == OBJECT.num_priors and {sample.note.text for sample in one.samples} == {CLASS}
    assert {(sample.width_px, sample.height_px) for sample in one.samples} == set(OBJECT.buckets_px)
    assert len({sample.digest for sample in one.samples}) == OBJECT.num_priors  # each of a seed of its own
    written = {path: path.stat().st_mtime_ns for path in one.path.iterdir()}
    assert drawn(CLASS) == one and {path: path.stat().st_mtime_ns for path in one.path.iterdir()} == written
    captions = drawn("")
    assert captions.path != one.path
    assert {sample.note.text for sample in captions.samples} <= {f"disc {number}" for number in range(6)}
    (one.path / "metadata.jsonl").unlink()  # as a run leaves them that dies while it draws
    assert drawn(CLASS).digest == one.digest


def batches(models_dir: Path, data: DataSet, recipe: StyleRecipe, work: Path) -> MixedBatches:
    folder = models_dir / "starter"
    model, version = load_model(folder), read_manifest(folder).version
    priors = draw_priors(folder, data, recipe, [CLASS], work)
    own = encode(data, SampleEncoder(model, version, recipe, Wording("stkr"), work))
    of_class = encode(priors, SampleEncoder(model, version, as_drawn(recipe), OwnWords(), work))
    own_batches, class_batches = (
        StyleBatches(encoded, recipe, 1000, model.pixels_per_latent) for encoded in (own, of_class)
    )
    return MixedBatches(own_batches, class_batches, recipe)


def test_batches_mix_both_in_their_share_and_tell_what_each_weighs(
    models_dir: Path, data: DataSet, tmp_path: Path
) -> None:
    recipe = replace(OBJECT, prior_share=0.25, prior_weight=0.5, caption_dropout=0.0)
    mixed = batches(models_dir, data, recipe, tmp_path)
    plain_LD = PromptEncoder(load_model(models_dir / "starter")).encode(CLASS).tokens_LD.float()
    sizes, num_priors = set(), 0
    for seed in range(100):
        batch = mixed.draw(torch.Generator().manual_seed(seed), 4)
        is_prior_N = torch.tensor([torch.equal(tokens_LD, plain_LD) for tokens_LD in batch["tokens_NLD"]])
        assert torch.equal(batch["weights_N"], torch.where(is_prior_N, 0.5, 1.0))
        assert {len(rows) for rows in batch.values()} == {4}
        num_priors += int(is_prior_N.sum())
        sizes.add(batch["latents_NCHW"].shape[2:])
    assert 70 <= num_priors <= 130 and len(sizes) == 2


def test_row_without_weight_adds_nothing_to_the_loss(models_dir: Path, data: DataSet, tmp_path: Path) -> None:
    recipe = replace(OBJECT, prior_weight=0.0)
    mixed = batches(models_dir, data, recipe, tmp_path)
    objective = StyleObjective(load_model(models_dir / "starter"), None)
    batch = mixed.draw(torch.Generator().manual_seed(0), 4)
    num_own = int(batch["weights_N"].sum())
    assert 0 < num_own < 4
    own = {name: rows[:num_own] for name, rows in batch.items()}
    with torch.no_grad():
        assert float(objective(batch)["loss"]) == pytest.approx(float(objective(own)["loss"]) * num_own / 4, rel=1e-4)


def test_pictures_of_the_class_keep_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same steps with them and without: what the model says of its own pictures of the class is moved less."""
    write_discs(tmp_path / "discs")
    losses = {}
    for share in (0.0, 0.5):
        monkeypatch.setitem(RECIPES, "object", replace(OBJECT, prior_share=share))
        told = replace(
            job(tmp_path), recipe="object", out=str(tmp_path / f"{share}.safetensors"), class_prompt=CLASS,
            num_steps=20,
        )  # fmt: skip
        assert run(told, Losses()).is_done
        losses[share] = json.loads(Path(told.out).with_suffix(".json").read_text())["metrics"]
    assert losses[0.5]["class_loss_after"] < 0.9 * losses[0.0]["class_loss_after"], losses
    assert losses[0.5]["loss_after"] < 0.9 * losses[0.5]["loss_before"], losses  # and the object is learnt


def test_version_tells_how_far_its_class_has_moved(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "tiny", replace(OBJECT, name="tiny"))
    shutil.copytree(models_dir / "starter", tmp_path / "starter")
    make_encoder(tmp_path / "starter" / "image_encoder")
    trained = run_training(tmp_path, tmp_path / "starter", tmp_path / "registry")
    metrics = json.loads((Path(trained.spec.folder) / "adapter.json").read_text())["metrics"]
    assert 0 < metrics["class_drift"] < 1 and metrics["class_pull"] != 0
    assert metrics["class_loss_before"] > 0 and metrics["class_loss_after"] > 0


def test_object_is_evaluated_where_the_data_set_does_not_show_it() -> None:
    prompts = in_new_contexts(["disc icon"], ["disc icon on a purple background"], 3)
    assert prompts == ["disc icon on a teal circle", "disc icon in the snow", "disc icon on an orange background"]
