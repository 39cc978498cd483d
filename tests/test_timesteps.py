import pytest
import torch

from train.timesteps import draw_timesteps


@pytest.mark.parametrize(("shift", "noisier_half"), [(1.0, 0.5), (3.0, 0.75)])
def test_noisy_timesteps_come_more_often_when_shifted(shift: float, noisier_half: float) -> None:
    timesteps_N = draw_timesteps(1000, 20_000, shift, torch.Generator().manual_seed(0))
    assert 0 <= timesteps_N.min() and timesteps_N.max() <= 999
    assert (timesteps_N >= 500).float().mean() == pytest.approx(noisier_half, abs=0.01)
