from itertools import combinations
from math import dist
from random import Random

from train.starter.colours import COLOURS, JITTER, MIN_CONTRAST, contrast, jitter, mix, readable_pairs


def test_jitter_never_reaches_another_name() -> None:
    rng = Random(0)
    for name, rgb in COLOURS.items():
        for _ in range(200):
            drawn = jitter(rng, rgb)
            assert min(COLOURS, key=lambda other: dist(COLOURS[other], drawn)) == name
    assert min(dist(a, b) for a, b in combinations(COLOURS.values(), 2)) > 2 * JITTER * 3**0.5


def test_readable_pairs_have_contrast_and_leave_every_colour_some() -> None:
    pairs = readable_pairs()
    assert all(contrast(COLOURS[a], COLOURS[b]) >= MIN_CONTRAST for a, b in pairs)
    assert {a for a, _ in pairs} == {b for _, b in pairs} == set(COLOURS)


def test_contrast_is_that_of_wcag() -> None:
    assert round(contrast((0, 0, 0), (255, 255, 255)), 3) == 21
    assert round(contrast((119, 119, 119), (255, 255, 255)), 2) == 4.48


def test_mix_goes_from_one_to_the_other() -> None:
    assert [mix((0, 0, 0), (200, 100, 50), share) for share in (0, 0.5, 1)] == [
        (0, 0, 0),
        (100, 50, 25),
        (200, 100, 50),
    ]
