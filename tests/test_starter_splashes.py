from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests.starter_glyphs import few_glyphs
from train.starter.attributes import SCENES, SPLASH_SIZES_PX
from train.starter.palettes import load_palettes
from train.starter.sampling import Sampler
from train.starter.splashes import draw_splash


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_in_every_aspect_and_palette(scene: str) -> None:
    base = Sampler(few_glyphs(), "train").splash(Random(0))
    base = replace(base, scene=scene, horizon="middle", copy_space="none", celestial="sun", emblem=None)
    for index, (name, palette) in enumerate(load_palettes().items()):
        aspect = tuple(SPLASH_SIZES_PX)[index % 3]
        pixels = draw_splash(replace(base, palette=name, aspect=aspect), palette, few_glyphs())
        assert pixels.shape == (*SPLASH_SIZES_PX[aspect][::-1], 3) and pixels.dtype == np.uint8
        assert pixels.std() > 5


def test_emblem_lies_in_the_middle() -> None:
    splash = replace(Sampler(few_glyphs(), "train").splash(Random(0)), emblem="heart", palette="ocean")
    palette = load_palettes()["ocean"]
    pixels = draw_splash(splash, palette, few_glyphs())
    height, width, _ = pixels.shape
    assert tuple(pixels[height // 2, width // 2]) == palette.emblem
