import numpy as np

from tests.starter_glyphs import few_examples


def test_an_example_depends_on_seed_split_and_index_alone() -> None:
    for kind in ("icon", "splash"):
        first, again = (getattr(few_examples(), kind)(7) for _ in range(2))
        assert first.caption == again.caption and first.attributes == again.attributes
        assert np.array_equal(first.pixels_HWC, again.pixels_HWC)
        for other in (getattr(few_examples(seed=1), kind)(7), getattr(few_examples(), kind)(8)):
            assert other.attributes != first.attributes


def test_held_out_examples_are_other_ones() -> None:
    def key(split: str, index: int) -> tuple[str, ...]:
        icon = few_examples(split).icon(index).attributes
        return (icon.subject, icon.foreground, icon.background, icon.container)

    assert not {key("train", index) for index in range(150)} & {key("held_out", index) for index in range(150)}


def test_pair_shares_all_but_the_subject() -> None:
    for index in range(10):
        reference, target = (example.attributes for example in few_examples().pair(index))
        assert reference.subject != target.subject
        assert reference.style == target.style
        assert reference.background_rgb == target.background_rgb
        assert reference.foreground_rgb == target.foreground_rgb
