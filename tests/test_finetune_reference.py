"""A model's own IP-Adapter taught a data set: learnt, in the published layout, and heard by the engine."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from safetensors.torch import load_file
from typer.testing import CliRunner

from deployments.controls import ADAPTER
from deployments.engine.ip_adapter import load_adapter
from deployments.engine.references import load_image_encoder, to_clip_pixels
from deployments.errors import ModelFolderError
from deployments.registry.registry import AdapterRegistry
from deployments.training import TrainingSpec
from serve_app.controls.schemas import FULL_STYLE_WEIGHT, STYLE_STRENGTH
from tests.ip_adapter import REFERENCES, with_adapter
from tests.reference_versions import NAME, equipped_with
from tests.style_pictures import disc, png, write_discs
from tests.test_finetune_style import Losses
from tests.test_follower import GUIDANCE, PROMPT, SEED, STEPS, Shop, model
from tests.test_reference_versions import SHOWN, draw, engine, shop, shown, stocked
from tests.trainings import run_training
from train.checkpoint import read_average
from train.finetune.__main__ import app
from train.finetune.card import ModelCard
from train.finetune.encode import Encoded, EncodedBucket
from train.finetune.evaluate import STYLE_WEIGHT
from train.finetune.objective import StyleBatches
from train.finetune.recipes import TINY
from train.finetune.reference import ReferenceBatches, train_reference
from train.finetune.style import KeptInPlace, StyleJob
from train.image_adapter import install

__all__ = ["engine", "model", "shop", "shown", "stocked"]  # fixtures


def job(folder: Path, model: Path) -> StyleJob:
    data = write_discs(folder / "discs")
    (data / "wide.png").write_bytes(png(disc((0, 0, 0)).resize((96, 64))))
    return StyleJob(
        data=str(data), model=str(model), out=str(folder / "taught.safetensors"), work=str(folder / "work"),
        recipe="tiny-reference", trigger="stkr", template="{trigger} {caption}", title="Discs", license="CC0-1.0",
    )  # fmt: skip


def test_adapter_learns_and_is_heard_by_the_engine(models_dir: Path, tmp_path: Path) -> None:
    model = with_adapter(models_dir, tmp_path / "starter")
    told = job(tmp_path, model)
    answers = iter([False] * 7 + [True])
    assert train_reference(told, Losses(), lambda: next(answers), KeptInPlace()).step == 7
    assert not Path(told.out).exists()
    losses = Losses()
    assert train_reference(told, losses, lambda: False, KeptInPlace()).is_done
    assert min(losses.by_step) == 8  # it went on
    card = ModelCard.model_validate_json(Path(told.out).with_suffix(".json").read_text())
    assert card.metrics["loss_after"] < 0.98 * card.metrics["loss_before"], card.metrics
    assert card.trigger == "" and any(name.startswith("image_encoder/") for name in card.base_unet)
    one, other = load_file(model / REFERENCES.adapter), load_file(told.out)
    assert {name: tensor.shape for name, tensor in one.items()} == {name: each.shape for name, each in other.items()}
    moved = [name for name, tensor in one.items() if not torch.allclose(tensor, other[name].float(), atol=1e-3)]
    assert any("to_k_ip" in name for name in moved) and any("to_v_ip" in name for name in moved)
    assert any(name.startswith("image_proj.") for name in moved)
    pixels_HWC = np.asarray(disc((200, 30, 30)).convert("RGB"))
    before_TD, after_TD = (
        equipped_with(model, path).encoder(ADAPTER).encode_reference(pixels_HWC) for path in (None, Path(told.out))
    )
    assert before_TD.shape == after_TD.shape and not torch.allclose(before_TD, after_TD, atol=1e-3)


def trainers_sample(spec: TrainingSpec) -> np.ndarray:
    """By the model that learnt, with its own processors' weights, in diffusers' pipeline; uint8 (H, W, 3)."""
    folder = Path(spec.model)
    pipeline = StableDiffusionXLPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    install(pipeline.unet, load_adapter(folder / REFERENCES.adapter, pipeline.unet))
    (checkpoint,) = Path(spec.folder).glob("runs/*/checkpoint.safetensors")
    weights = {name.removeprefix("unet."): tensor for name, tensor in read_average(checkpoint).items()}
    assert not pipeline.unet.load_state_dict(weights, strict=False).unexpected_keys and weights
    pipeline.set_ip_adapter_scale(FULL_STYLE_WEIGHT)
    encoder = load_image_encoder(folder / REFERENCES.encoder, torch.device("cpu"), torch.float32)
    embeds_11E = encoder(to_clip_pixels(np.asarray(SHOWN), encoder.config.image_size)[None]).image_embeds[None]
    drawn = pipeline(
        PROMPT, width=64, height=64, num_inference_steps=STEPS, guidance_scale=GUIDANCE,
        ip_adapter_image_embeds=[torch.cat([torch.zeros_like(embeds_11E), embeds_11E])],
        generator=torch.Generator("cpu").manual_seed(SEED),
    )  # fmt: skip
    return np.asarray(drawn.images[0]).astype(int)


def test_what_the_trainer_draws_is_what_the_api_draws(shop: Shop, shown: dict[str, Any], tmp_path: Path) -> None:
    before, folder = draw(shop, shown)[0], shop.models_dir / "starter"
    trained = run_training(tmp_path, folder, shop.root, recipe="tiny-reference")
    manifest = shop.registry.read(trained.version)
    assert (manifest.kind, manifest.name, manifest.title, manifest.trigger) == ("reference", NAME, "house", "")
    assert manifest.trial and manifest.gates and "samples.png" in manifest.files
    assert {"clip_i_gain_low_base", "copies", "loss_after"} <= manifest.metrics.keys()
    forced = {"force": True}  # a random encoder tells nothing of a style
    answer = shop.client.post(f"/v1/model_versions/{trained.version}/promote", json=forced)
    assert answer.json()["status"] == "live", answer.text  # and so its trial holds in this engine
    (served, told), sample = draw(shop, shown), trainers_sample(trained.spec)
    assert told == [trained.version] and np.abs(before - sample).mean() > 1  # else it would prove nothing
    assert np.abs(served - sample).max() <= 2  # the file holds half the digits, and each side rounds


def test_picture_is_never_its_own_reference() -> None:
    sizes = [(3, (8, 8)), (2, (8, 12))]
    buckets = tuple(
        EncodedBucket(torch.zeros(count, 2, 4, *size), torch.zeros(count, 2, 5, 6), torch.zeros(count, 2, 7))
        for count, size in sizes
    )
    encoded = Encoded(buckets, torch.zeros(5, 6), torch.zeros(7))
    embeds_ME = torch.arange(1.0, 6.0)[:, None]  # tell which picture
    batches = ReferenceBatches(StyleBatches(encoded, TINY, 1000, 8), encoded, embeds_ME, dropout=0.2)
    first, seen, num_hidden = {(8, 8): 1, (8, 12): 4}, set(), 0
    for seed in range(60):
        batch = batches.draw(torch.Generator().manual_seed(seed), 4)
        own = first[tuple(batch["latents_NCHW"].shape[2:])]
        for row, told in zip(batch["rows_N"].tolist(), batch["references_N1E"].flatten().tolist(), strict=True):
            assert told != own + row
            num_hidden += told == 0
            seen.add(told)
    assert seen == {0, 1, 2, 3, 4, 5} and 20 < num_hidden < 80


def test_adapter_of_another_kind_is_refused(models_dir: Path, tmp_path: Path) -> None:
    model = with_adapter(models_dir, tmp_path / "starter", "plus")
    with pytest.raises(ModelFolderError, match="only the base one is taught"):
        train_reference(job(tmp_path, model), Losses(), lambda: False, KeptInPlace())


def test_command_stops_and_says_where_then_goes_on_and_publishes(models_dir: Path, tmp_path: Path) -> None:
    model, registry = with_adapter(models_dir, tmp_path / "starter"), tmp_path / "registry"
    told = job(tmp_path, model)
    words = ["reference", "--data", told.data, "--model", told.model, "--out", told.out, "--work", told.work]
    words += ["--recipe", "tiny-reference", "--publish", NAME, "--registry", str(registry)]
    stopped = CliRunner().invoke(app, [*words, "--minutes", "0"])
    assert stopped.exit_code == 0 and "stopped at step 0" in stopped.output, stopped.output
    done = CliRunner().invoke(app, words)
    versions = AdapterRegistry(registry).versions(NAME)
    assert done.exit_code == 0 and f"published as {versions[0].id}" in done.output, done.output
    assert [version.is_base for version in versions] == [False, True] and versions[0].trial
    for wrong, reason in ((["--recipe", "tiny"], "teaches no reference"), (["--publish", "house"], f"as {NAME}")):
        refused = CliRunner().invoke(app, [*words, *wrong])
        assert refused.exit_code == 1 and reason in str(refused.exception)


def test_it_is_measured_as_style_images_are_heard_that_say_nothing_of_it() -> None:
    assert pytest.approx(FULL_STYLE_WEIGHT * STYLE_STRENGTH**1.5, abs=0.005) == STYLE_WEIGHT
