import numpy as np
import pytest

from train.starter.containers import CANVAS_PX, CONTAINERS, container_mask


@pytest.mark.parametrize("container", CONTAINERS[:-1])
def test_container_keeps_its_margin_and_is_symmetric(container: str) -> None:
    mask = np.asarray(container_mask(container, 12)).astype(int)
    assert mask.shape == (CANVAS_PX, CANVAS_PX)
    assert mask[:12].max() == 0 and mask[14, CANVAS_PX // 2] == 255
    assert np.abs(mask - mask[:, ::-1]).max() <= 96 and np.abs(mask - mask[::-1]).max() <= 96


def test_containers_differ() -> None:
    shapes = [np.asarray(container_mask(container, 12)) > 127 for container in CONTAINERS]
    for i, a in enumerate(shapes):
        for b in shapes[:i]:
            assert (a & b).sum() / (a | b).sum() < 0.97


def test_none_is_the_whole_canvas() -> None:
    assert np.asarray(container_mask("none", 12)).min() == 255
