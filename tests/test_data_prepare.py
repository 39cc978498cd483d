"""What a model is shown of a data set, and what a person is told of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.style_pictures import disc, png, write_discs
from train.data.captions import Note
from train.data.data_set import Sample, open_data_set
from train.data.limits import DataSetError
from train.data.lint import lint
from train.data.prepare import Augmentation, Wording, fit, ground_of, nearest_bucket, prepare
from train.starter.colours import COLOURS

CLEAR = (0, 0, 0, 0)
SAMPLE = Sample(Note(file_name="a.png", text="arrow"), 64, 64, "ab")
WORDING = Wording("stkr")


def arrow() -> Image.Image:
    """Points right: its mirror image would be another icon."""
    return disc((200, 30, 30), at=24, ground=CLEAR)


def test_a_style_learns_from_the_picture_itself_first() -> None:
    first = prepare(SAMPLE, disc((9, 9, 9)), [(64, 64)], WORDING, Augmentation())[0]
    assert np.array_equal(first.pixels_HWC, np.asarray(disc((9, 9, 9)).convert("RGB")))
    assert first.caption == "stkr arrow"


def test_ground_behind_transparency_changes_and_is_named() -> None:
    variants = prepare(SAMPLE, arrow(), [(64, 64)], WORDING, Augmentation(num_variants=8))
    assert (variants[0].pixels_HWC[0, 0] == 255).all() and variants[0].caption == "stkr arrow"
    for variant in variants[1:]:
        name = variant.caption.removeprefix("stkr arrow, ").removesuffix(" background")
        assert tuple(variant.pixels_HWC[0, 0]) == COLOURS[name]
    assert len({variant.caption for variant in variants}) > 3
    again = prepare(SAMPLE, arrow(), [(64, 64)], WORDING, Augmentation(num_variants=8))
    assert all(np.array_equal(a.pixels_HWC, b.pixels_HWC) for a, b in zip(variants, again, strict=True))


def test_nothing_is_mirrored_unless_its_note_allows_it() -> None:
    plain = Augmentation(num_variants=6, max_padding_share=0.0, has_new_grounds=False)
    still = prepare(SAMPLE, arrow(), [(64, 64)], WORDING, plain)
    assert all(np.array_equal(variant.pixels_HWC, still[0].pixels_HWC) for variant in still)
    may_flip = replace(SAMPLE, note=SAMPLE.note.model_copy(update={"may_flip": True}))
    flipped = prepare(may_flip, arrow(), [(64, 64)], WORDING, plain)
    assert np.array_equal(flipped[1].pixels_HWC, still[0].pixels_HWC[:, ::-1])
    assert np.array_equal(flipped[2].pixels_HWC, still[0].pixels_HWC)


def test_air_is_added_around_a_flat_ground_and_nowhere_else() -> None:
    grown = Augmentation(num_variants=4, max_padding_share=0.2)
    widths = [
        int((v.pixels_HWC[32, :, 1] < 128).sum()) for v in prepare(SAMPLE, disc((9, 9, 9)), [(64, 64)], WORDING, grown)
    ]
    assert widths[0] == max(widths) and min(widths) < widths[0] - 2
    full = (
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 4), np.uint8)).convert("RGB").convert("RGBA")
    )
    assert ground_of(full) is None
    variants = prepare(SAMPLE, full, [(64, 64)], WORDING, grown)
    assert all(np.array_equal(variant.pixels_HWC, variants[0].pixels_HWC) for variant in variants)


def test_whole_picture_is_fitted_without_a_halo() -> None:
    white_in_black_glass = Image.new("RGBA", (40, 20), CLEAR)
    white_in_black_glass.paste((255, 255, 255, 255), (10, 5, 30, 15))
    pixels_HWC = fit(white_in_black_glass, (64, 96), (255, 255, 255))
    assert pixels_HWC.shape == (96, 64, 3) and (pixels_HWC == 255).all()  # black under glass would show as grey edges
    assert nearest_bucket((40, 20), [(64, 64), (96, 64), (64, 96)]) == (96, 64)
    assert nearest_bucket((20, 21), [(64, 64), (96, 64), (64, 96)]) == (64, 64)


@pytest.mark.parametrize(("trigger", "template"), [("", "{trigger} {caption}"), ("a", "{caption}"), ("a", "{trigger}")])
def test_wording_without_its_parts_is_refused(trigger: str, template: str) -> None:
    with pytest.raises(DataSetError, match="a template needs"):
        Wording(trigger, template)


def test_braces_in_a_caption_are_only_letters() -> None:
    assert Wording("stkr", "{caption}, {trigger} style").caption("a {trigger.x}") == "a {trigger.x}, stkr style"


def test_lint_names_what_a_person_should_look_at(tmp_path: Path) -> None:
    folder = write_discs(tmp_path / "discs")
    (folder / "copy.png").write_bytes((folder / "2.png").read_bytes())
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    (folder / "strange.png").write_bytes(png(Image.fromarray(noise)))
    (folder / "small.png").write_bytes(png(disc((200, 30, 30), 30).resize((20, 20))))
    found = {finding.kind: set(finding.names) for finding in lint(open_data_set(folder), target_px=64)}
    assert found["duplicates"] == {"2.png", "copy.png"}
    assert found["outlier"] == {"strange.png"}
    assert found["too small"] == {"small.png"}
    assert found["no caption"] == found["no licence"] == {"copy.png", "strange.png", "small.png"}


def test_lint_finds_nothing_in_a_good_data_set(tmp_path: Path) -> None:
    assert lint(open_data_set(write_discs(tmp_path / "discs")), target_px=64) == []
