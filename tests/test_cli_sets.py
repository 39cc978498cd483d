"""`emblem set` as a person types it."""

import json
import shlex
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from serve_app.cli.client import CliError
from serve_app.cli.sets import _write
from tests.door import Door, listening
from tests.readme import command
from tests.test_cli import emblem


def test_set_is_drawn_with_the_readmes_command_into_its_folder(door: Door) -> None:
    arguments = shlex.split(command("emblem set"))[1:]
    with listening(door.api) as url:
        done = emblem(door, url, *arguments, "--hero", "--seed", "7", "--size", "64x64", COLUMNS="200")
    assert done.returncode == 0, done.stderr
    folder = door.data_dir / arguments[arguments.index("--out") + 1]
    names = {path.name for path in folder.iterdir()}
    assert names == {"01-rocket.png", "02-heart.png", "03-star.png", "contact-sheet.png", "report.json"}
    with Image.open(folder / "02-heart.png") as image:
        assert image.size == (64, 64)
    assert json.loads((folder / "report.json").read_text())["name"] == "launch"
    assert [len(request.controls.references) for request in door.services["icon"].requests] == [0, 1, 1]
    assert "3 of 3 icons  seed 7  consistency" in done.stderr


def test_bundles_are_written_and_mistakes_told_in_a_line(door: Door) -> None:
    common = ("--name", "launch", "--out", "out")
    with listening(door.api) as url:
        done = emblem(door, url, "set", "moon", *common, "--size", "64x64", "--platform", "favicon")
        assert done.returncode == 0, done.stderr
        twice = emblem(door, url, "set", "star, Star", *common)
        empty = emblem(door, url, "set", "star,,", *common)
    assert (door.data_dir / "out" / "01-moon" / "favicon" / "favicon.ico").exists()
    for refused, words in ((twice, "is there twice"), (empty, "subjects.1")):
        assert refused.returncode == 1 and words in refused.stderr and "Traceback" not in refused.stderr


def test_nothing_is_written_outside_the_folder(tmp_path: Path) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../outside.png", b"")
    with pytest.raises(CliError, match="outside"):
        _write(buffer.getvalue(), tmp_path / "inside")
    assert not (tmp_path / "outside.png").exists()
