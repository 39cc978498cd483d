from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.starter_glyphs import few_glyphs
from train.data.data_set import open_data_set
from train.data.lint import lint
from train.starter import __main__ as command_line
from train.starter.colours import COLOURS
from train.starter.glyphs import GlyphSet
from train.starter.style_sets import NUM_PICTURES, STYLE_SETS, write_style_set


@pytest.mark.parametrize("name", STYLE_SETS)
def test_command_leaves_a_data_set_that_says_all_of_its_pictures(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GlyphSet, "load", lambda _: few_glyphs())
    result = CliRunner().invoke(command_line.app, ["style-set", name, "--out", str(tmp_path / name)])
    assert result.exit_code == 0, result.output
    data = open_data_set(tmp_path / name)
    kinds = {finding.kind for finding in lint(data, 256)}
    assert len(data.samples) == NUM_PICTURES
    assert not kinds & {"too small", "no caption", "no licence"}  # forty of eight subjects may look alike
    assert all(sample.note.text.startswith(f"{name} ") for sample in data.samples)
    write_style_set(tmp_path / "again", name, few_glyphs())
    assert open_data_set(tmp_path / "again").digest == data.digest


def test_unknown_set_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(command_line.app, ["style-set", "cubist", "--out", str(tmp_path / "cubist")])
    assert result.exit_code == 2 and "no style set 'cubist'" in result.output
    assert not (tmp_path / "cubist").exists()


def test_a_sticker_has_a_white_border_and_an_outline_a_dark_one() -> None:
    square = Image.new("L", (256, 256))
    square.paste(255, (80, 80, 176, 176))
    ink, ground = COLOURS["red"], COLOURS["blue"]
    sticker, outline = (np.asarray(draw(square, ink, ground), np.int16)[128] for draw in STYLE_SETS.values())
    for x, colour in ((20, ground), (75, (255, 255, 255)), (128, ink), (180, (255, 255, 255)), (235, ground)):
        assert np.abs(sticker[x] - colour).max() < 3, x
    is_dark = np.abs(outline - COLOURS["navy"]).max(axis=1) < 20
    assert is_dark[80] and is_dark[176] and not is_dark[[20, 70, 128, 190]].any()
