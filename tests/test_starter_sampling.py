from dataclasses import replace
from random import Random

from tests.starter_glyphs import few_glyphs
from train.starter.attributes import COPY_SPACES, POSITIONS, SCENES, STYLES
from train.starter.colours import readable_pairs
from train.starter.containers import CONTAINERS
from train.starter.held_out import split_of
from train.starter.sampling import Sampler


def test_splits_never_share_a_combination() -> None:
    for split, number in (("train", 3000), ("held_out", 500)):
        sampler, rng = Sampler(few_glyphs(), split), Random(1)
        for _ in range(number):
            splash = sampler.splash(rng)
            for one in (sampler.icon(rng), *sampler.pair(rng)):
                assert split_of(one.subject, one.foreground, one.background, one.container) == split
            assert split_of(splash.scene, splash.palette, splash.horizon, splash.copy_space) == split


def test_icons_use_every_value_and_only_readable_colours() -> None:
    sampler, rng = Sampler(few_glyphs(), "train"), Random(0)
    icons = [sampler.icon(rng) for _ in range(2000)]
    assert {icon.style for icon in icons} == set(STYLES)
    assert {icon.container for icon in icons} == set(CONTAINERS)
    assert {icon.position for icon in icons} == set(POSITIONS)
    assert {(icon.foreground, icon.background) for icon in icons} <= set(readable_pairs())
    assert not [icon for icon in icons if icon.size == "large" and icon.position != "centre"]


def test_pairs_differ_in_the_subject_alone() -> None:
    sampler, rng = Sampler(few_glyphs(), "train"), Random(0)
    for _ in range(200):
        reference, target = sampler.pair(rng)
        assert target.subject != reference.subject
        assert replace(target, subject=reference.subject) == reference


def test_splashes_use_every_value() -> None:
    sampler, rng = Sampler(few_glyphs(), "train"), Random(0)
    splashes = [sampler.splash(rng) for _ in range(2000)]
    assert {splash.scene for splash in splashes} == set(SCENES)
    assert {splash.palette for splash in splashes} == set(sampler.palettes)
    assert {splash.copy_space for splash in splashes} == set(COPY_SPACES)
    assert not [splash for splash in splashes if (splash.copy_space, splash.horizon) == ("top", "high")]
