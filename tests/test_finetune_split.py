"""A style learnt apart from what its pictures show: two blocks learn, and the file keeps one."""

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from deployments.engine.load import load_model
from deployments.engine.lora_files import read_lora
from tests.style_pictures import write_discs
from tests.test_finetune_style import Losses, job, run
from train.finetune.recipes import CONTENT_BLOCK, RECIPES, SDXL_SPLIT, STYLE_BLOCK, TINY


def test_two_blocks_learn_and_the_file_keeps_the_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split = replace(TINY, name="split", blocks=SDXL_SPLIT.blocks, kept_blocks=SDXL_SPLIT.kept_blocks)
    monkeypatch.setitem(RECIPES, split.name, split)
    write_discs(tmp_path / "discs")
    told = replace(job(tmp_path), recipe=split.name, num_steps=4)
    assert run(told, Losses()).is_done

    [checkpoint] = Path(told.work).glob("runs/*/checkpoint.safetensors")
    ups = {
        name: weight for name, weight in load_file(checkpoint).items() if name.startswith("ema.") and "lora_B" in name
    }
    assert all(weight.abs().sum() > 0 for weight in ups.values())
    learnt = {name.removeprefix("ema.unet.").partition(".transformer")[0].partition(".proj")[0] + "." for name in ups}
    assert learnt == {CONTENT_BLOCK, STYLE_BLOCK}
    kept = read_lora(Path(told.out), "a", load_model(Path(told.model)), TINY.rank)
    assert len(kept.layers) == len(ups) / 2
    assert all(path.removeprefix("unet.").startswith(STYLE_BLOCK) for path in kept.layers)
