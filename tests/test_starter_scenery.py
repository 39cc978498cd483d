import numpy as np
import pytest

from train.starter.scenery import LANDS, cloud, disc


@pytest.mark.parametrize("scene", LANDS)
@pytest.mark.parametrize(("width", "height"), [(352, 192), (192, 352)])
def test_profiles_are_one_height_per_column(scene: str, width: int, height: int) -> None:
    profile = LANDS[scene].profile(np.random.default_rng(0), width, height)
    assert profile.shape == (width,) and np.isfinite(profile).all()
    assert -0.2 < profile.min() and profile.max() < 1.6


def test_disc_has_its_area_and_a_smooth_edge() -> None:
    cover = disc(64, 48, (32, 24), 15)
    assert cover.shape == (48, 64)
    assert cover.sum() == pytest.approx(np.pi * 15**2, rel=0.01)
    assert ((cover > 0) & (cover < 1)).any()


def test_cloud_has_a_flat_foot() -> None:
    cover = cloud(np.random.default_rng(0), 60)
    assert cover.shape == (30, 60) and cover[-2:].max() == 0 and cover[-4].max() == 1
