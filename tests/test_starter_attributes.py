from dataclasses import FrozenInstanceError

import pytest

from tests.starter_glyphs import few_examples
from train.starter.attributes import HORIZONS, SCENES, SCENES_WITH_HORIZON


def test_attributes_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        few_examples().icon(0).attributes.said = frozenset()


def test_a_horizon_is_drawn_exactly_where_the_scene_has_one() -> None:
    assert set(SCENES_WITH_HORIZON) < set(SCENES)
    for index in range(40):
        splash = few_examples().sampler.splash(few_examples()._rng("splash", index))
        assert (splash.horizon in HORIZONS) == (splash.scene in SCENES_WITH_HORIZON)
