"""A model's own IP-Adapter taught a data set: learnt, in the published layout, and heard by the engine."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from typer.testing import CliRunner

from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.errors import ModelFolderError
from tests.ip_adapter import REFERENCES, with_adapter
from tests.style_pictures import disc, png, write_discs
from tests.test_finetune_style import Losses
from train.finetune.__main__ import app
from train.finetune.encode import Encoded, EncodedBucket
from train.finetune.objective import StyleBatches
from train.finetune.recipes import TINY
from train.finetune.reference import ReferenceBatches, ReferenceJob, train_reference


def job(folder: Path, model: Path) -> ReferenceJob:
    data = write_discs(folder / "discs")
    (data / "wide.png").write_bytes(png(disc((0, 0, 0)).resize((96, 64))))
    return ReferenceJob(str(data), str(model), str(folder / "taught.safetensors"), str(folder / "work"), "tiny")


def test_adapter_learns_and_is_read_as_a_strangers(models_dir: Path, tmp_path: Path) -> None:
    model = with_adapter(models_dir, tmp_path / "starter")
    told = job(tmp_path, model)
    answers = iter([False] * 7 + [True])
    assert train_reference(told, Losses(), lambda: next(answers)).step == 7
    assert not Path(told.out).exists()
    losses = Losses()
    assert train_reference(told, losses, lambda: False).is_done
    assert min(losses.by_step) == 8  # it went on
    with safe_open(told.out, "pt") as file:
        header = file.metadata()
    assert float(header["loss_after"]) < 0.98 * float(header["loss_before"]), header
    one, other = load_file(model / REFERENCES.adapter), load_file(told.out)
    assert {name: tensor.shape for name, tensor in one.items()} == {name: each.shape for name, each in other.items()}
    moved = [name for name, tensor in one.items() if not torch.allclose(tensor, other[name].float(), atol=1e-3)]
    assert any("to_k_ip" in name for name in moved) and any("to_v_ip" in name for name in moved)
    assert any(name.startswith("image_proj.") for name in moved)
    equipment = equip(load_model(model), max_lora_rank=4)
    for name, path in (("before", model / REFERENCES.adapter), ("after", Path(told.out))):
        equipment.load_reference_adapter(name, path, model / REFERENCES.encoder)
    pixels_HWC = np.asarray(disc((200, 30, 30)).convert("RGB"))
    before_TD, after_TD = (equipment.encoder(name).encode_reference(pixels_HWC) for name in ("before", "after"))
    assert before_TD.shape == after_TD.shape and not torch.allclose(before_TD, after_TD, atol=1e-3)


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
        train_reference(job(tmp_path, model), Losses(), lambda: False)


def test_command_stops_and_says_where(models_dir: Path, tmp_path: Path) -> None:
    model = with_adapter(models_dir, tmp_path / "starter")
    told = job(tmp_path, model)
    words = ["reference", "--data", told.data, "--model", told.model, "--out", told.out, "--work", told.work]
    done = CliRunner().invoke(app, [*words, "--recipe", "tiny", "--minutes", "0"])
    assert done.exit_code == 0 and "stopped at step 0" in done.output, done.output
