"""A style's way into the service and back, by the README's commands."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments.engine.load import load_model
from tests.adapters import write_adapter
from tests.door import Door, listening
from tests.readme import command
from tests.test_cli import emblem


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


@pytest.fixture
def folder(door: Door, models_dir: Path) -> Path:
    """Where a person stands: two adapters, and the served model in the data folder."""
    (door.data_dir / "models").symlink_to(models_dir)
    model = load_model(models_dir / "starter")
    for name, seed in (("sticker", 1), ("other", 2)):
        write_adapter(door.data_dir, model, seed).rename(door.data_dir / f"{name}.safetensors")
    return door.data_dir


@pytest.mark.usefixtures("folder")
def test_readmes_commands_publish_promote_and_roll_back(door: Door, url: str) -> None:
    publish = shlex.split(command("emblem models publish"))[1:]
    ids = []
    for file_name in ("sticker.safetensors", "other.safetensors"):
        done = emblem(door, url, *(file_name if word == "sticker.safetensors" else word for word in publish))
        assert done.returncode == 0, done.stderr
        ids.append(done.stdout.strip())
        promoted = emblem(door, url, *command("emblem models promote").replace("sticker@1a2b3c4d", ids[-1]).split()[1:])
        assert promoted.stdout == f"{ids[-1]} is live\n", promoted.stderr
    listed = emblem(door, url, "models", "versions", COLUMNS="200").stdout
    assert [line.split()[3] for id_ in ids for line in listed.splitlines() if id_ in line] == ["previous", "live"]
    rolled_back = emblem(door, url, *command("emblem models rollback").split()[1:])
    assert rolled_back.stdout == f"{ids[0]} is live\n", rolled_back.stderr
    drawn = emblem(door, url, "icon", "rocket", "--lora", "sticker:0.8", "--lora", ids[1])
    assert drawn.returncode == 0 and ids[1] in drawn.stderr
    uses = door.services["icon"].requests[0].loras
    assert [(use.id, use.scale) for use in uses] == [("sticker", 0.8), (ids[1], 1.0)]


def test_measures_of_a_version_are_shown(door: Door, url: str, folder: Path) -> None:
    (folder / "sticker.json").write_text('{"metrics": {"clip_i": 0.59541, "kid": 1.6}}')
    published = emblem(door, url, "models", "publish", "sticker.safetensors", "--name", "sticker").stdout.strip()
    shown = emblem(door, url, "models", "show", published).stdout
    assert "clip_i" in shown and "0.5954" in shown and "1.6" in shown


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["models", "publish", "nothing.safetensors", "--name", "a"], "nothing.safetensors does not read"),
        (["models", "publish", "sticker.safetensors", "--name", "../a"], "got '../a'"),
        (["models", "publish", "admin.key", "--name", "a"], "only .safetensors"),
        (["models", "show", "nobody@00000000"], "no version 'nobody@00000000'"),
        (["models", "promote", "nobody@00000000"], "no style adapter 'nobody@00000000'"),
        (["models", "promote", "../generations"], "HTTP 404"),
        (["models", "rollback", "nobody"], "no style adapter 'nobody'"),
        (["icon", "a", "--lora", "nobody"], "no style adapter 'nobody'"),
        (["icon", "a", "--lora", "house:loud"], "the scale is a number, got 'loud'"),
    ],
)
def test_mistakes_end_in_one_line(door: Door, url: str, folder: Path, args: list[str], words: str) -> None:
    done = emblem(door, url, *args)
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "registry").exists()
