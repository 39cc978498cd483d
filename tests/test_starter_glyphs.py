import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.starter_glyphs import NAMES, PACKAGES, few_glyphs
from train.starter.glyphs import MASK_PX, PHOSPHOR, GlyphSet


def test_each_glyph_fills_its_mask_and_lies_in_the_middle() -> None:
    glyphs = few_glyphs()
    assert set(glyphs.masks) == {(name, variant) for name in NAMES for variant in (*PHOSPHOR, "lucide")}
    for mask in glyphs.masks.values():
        assert mask.shape == (MASK_PX, MASK_PX) and mask.dtype == np.uint8 and mask.max() == 255
        ys, xs = np.nonzero(mask > 20)
        assert max(np.ptp(ys), np.ptp(xs)) >= MASK_PX - 6
        assert abs(ys.min() + ys.max() - MASK_PX) <= 6 and abs(xs.min() + xs.max() - MASK_PX) <= 6


def test_glyphs_are_neither_turned_nor_mirrored() -> None:
    house, key = few_glyphs().masks["house", "fill"] > 127, few_glyphs().masks["key", "fill"] > 127
    assert house[:40].sum() < house[-40:].sum()  # roof up
    assert key[: MASK_PX // 2, MASK_PX // 2 :].sum() > 2 * key[: MASK_PX // 2, : MASK_PX // 2].sum()  # bow top right


def test_second_tone_of_duotone_is_seen() -> None:
    tones = np.bincount(few_glyphs().masks["heart", "duotone"].ravel(), minlength=256)
    assert tones[100:115].sum() > 0.1 * MASK_PX**2


def test_load_says_what_to_do_where_the_packages_are_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make glyphs"):
        GlyphSet.load(tmp_path)


def test_render_names_the_glyph_that_is_missing(tmp_path: Path) -> None:
    shutil.copytree(PACKAGES, tmp_path / "packages")
    (tmp_path / "packages" / "lucide-static" / "icons" / "key.svg").unlink()
    with pytest.raises(FileNotFoundError, match=r"key\.svg"):
        GlyphSet.render(few_glyphs().subjects, tmp_path / "packages")
