"""`emblem train`, which hands over to the training package in a process of its own."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from deployments.registry.registry import AdapterRegistry
from tests.graph import BIN, environment
from tests.readme import command
from tests.style_pictures import write_discs
from train.finetune.card import ModelCard

STARTER = Path(__file__).parents[1] / "models" / "starter"


def emblem(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [BIN / "emblem", *words], env=environment(folder / "var") | {"OMP_NUM_THREADS": "1"}, cwd=folder,
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person stands: a data set, and the served model in the data folder."""
    write_discs(tmp_path / "stickers")
    (tmp_path / "var" / "models").mkdir(parents=True)
    (tmp_path / "var" / "models" / "starter").symlink_to(STARTER)
    return tmp_path


def test_readmes_command_leaves_an_adapter_its_twin_and_a_card(folder: Path) -> None:
    words = shlex.split(command("emblem train style"))[1:]
    done = emblem(folder, *words, "--recipe", "tiny", "--publish", "sticker")
    assert done.returncode == 0, done.stderr
    [published] = AdapterRegistry(folder / "var" / "registry").versions("sticker")
    assert f"published as {published.id}" in done.stdout and published.trigger in words
    card = ModelCard.model_validate_json((folder / "sticker.json").read_text())
    assert card.files.keys() == {"sticker.safetensors", "sticker.kohya.safetensors"}
    assert card.trigger in words and (folder / "sticker.kohya.safetensors").exists()
    assert [*folder.glob("var/style-training/wandb/offline-run-*")]


def test_readmes_lint_tells_what_to_look_at(folder: Path) -> None:
    (folder / "stickers" / "copy.png").write_bytes((folder / "stickers" / "2.png").read_bytes())
    done = emblem(folder, *shlex.split(command("emblem train lint"))[1:])
    assert done.returncode == 0, done.stderr
    assert "7 pictures" in done.stdout and "duplicates: look alike: 2.png, copy.png" in done.stdout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--data", "nowhere"], "no data set at"),
        (["--out", "a.ckpt"], "not 'a.ckpt'"),
        (["--recipe", "huge"], "no recipe 'huge'"),
        (["--model", "nowhere"], "no complete model in"),
    ],
    ids=["data", "out", "recipe", "model"],
)
def test_mistakes_end_in_one_line_and_leave_no_adapter(folder: Path, change: list[str], words: str) -> None:
    asked = {"--data": "stickers", "--out": "a.safetensors"} | dict([change])
    done = emblem(folder, "train", "style", *(word for pair in asked.items() for word in pair))
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr
    assert not [*folder.glob("*.safetensors")]


def test_time_that_is_up_is_told_and_the_same_command_goes_on(folder: Path) -> None:
    words = ("train", "style", "--data", "stickers", "--out", "a.safetensors", "--recipe", "tiny")
    first = emblem(folder, *words, "--minutes", "0")
    assert first.returncode == 0 and "stopped at step 0" in first.stdout, first.stderr
    assert emblem(folder, *words).returncode == 0
    assert json.loads((folder / "a.json").read_text())["steps"] == 40
