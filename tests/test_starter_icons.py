from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests.starter_glyphs import few_glyphs
from train.starter.attributes import STYLES
from train.starter.colours import BACKDROP
from train.starter.containers import CONTAINERS, container_mask
from train.starter.icons import draw_icon
from train.starter.sampling import VARIANTS, Sampler


def test_flat_icon_has_its_colours_where_they_belong() -> None:
    icon = Sampler(few_glyphs(), "train").icon(Random(0))
    icon = replace(icon, subject="heart", style="flat", variant="fill", container="circle", centre_px=(128, 128))
    pixels = draw_icon(icon, few_glyphs())
    assert pixels.shape == (256, 256, 3) and pixels.dtype == np.uint8
    assert tuple(pixels[0, 0]) == BACKDROP
    assert tuple(pixels[128, 30]) == icon.background_rgb
    assert tuple(pixels[128, 128]) == icon.foreground_rgb


@pytest.mark.parametrize("container", CONTAINERS)
def test_glyph_keeps_away_from_the_edge_of_its_container(container: str) -> None:
    sampler, rng = Sampler(few_glyphs(), "train"), Random(0)
    icons = [icon for icon in (sampler.icon(rng) for _ in range(300)) if icon.container == container]
    assert len(icons) > 20
    for icon in icons:
        pixels = draw_icon(replace(icon, style="flat"), few_glyphs()).astype(int)
        is_ink = np.abs(pixels - icon.foreground_rgb).max(axis=2) < 3
        inside = np.asarray(container_mask(container, icon.margin_px + 5)) > 127
        assert is_ink.sum() > 60 and not is_ink[~inside].any(), icon


@pytest.mark.parametrize("style", STYLES)
def test_every_style_shows_both_colours(style: str) -> None:
    icon = replace(Sampler(few_glyphs(), "train").icon(Random(3)), style=style, container="none", subject="camera")
    icon = replace(icon, variant=VARIANTS[style][0], foreground_rgb=(250, 250, 250), background_rgb=(40, 100, 230))
    pixels = draw_icon(icon, few_glyphs()).astype(int)
    assert (np.abs(pixels - icon.foreground_rgb).max(axis=2) < 30).sum() > 200
    assert (np.abs(pixels - icon.background_rgb).max(axis=2) < 60).sum() > 10_000
