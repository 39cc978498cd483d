"""Measures must read what the generator drew; random other attributes, few glyphs."""

import numpy as np
import pytest

from tests.starter_glyphs import few_examples
from train.starter import measures
from train.starter.attributes import IconAttributes, SplashAttributes
from train.starter.palettes import load_palettes

NUM_ICONS, NUM_SPLASHES = 120, 90
REQUIRED = 0.99


@pytest.fixture(scope="module")
def icons() -> list[tuple[np.ndarray, IconAttributes]]:
    examples = [few_examples().icon(index) for index in range(NUM_ICONS)]
    return [(example.pixels_HWC, example.attributes) for example in examples]


@pytest.fixture(scope="module")
def splashes() -> list[tuple[np.ndarray, SplashAttributes]]:
    examples = [few_examples().splash(index) for index in range(NUM_SPLASHES)]
    return [(example.pixels_HWC, example.attributes) for example in examples]


def test_container(icons: list[tuple[np.ndarray, IconAttributes]]) -> None:
    assert np.mean([measures.container_of(pixels) == icon.container for pixels, icon in icons]) >= REQUIRED


@pytest.mark.parametrize("field", ["background", "foreground", "position"])
def test_icon_measures(field: str, icons: list[tuple[np.ndarray, IconAttributes]]) -> None:
    measure = getattr(measures, f"{field}_of")
    assert np.mean([measure(pixels, icon.container) == getattr(icon, field) for pixels, icon in icons]) >= REQUIRED


def test_horizon(splashes: list[tuple[np.ndarray, SplashAttributes]]) -> None:
    hits = [
        measures.horizon_of(pixels, splash.copy_space) == splash.horizon
        for pixels, splash in splashes
        if splash.horizon
    ]
    assert np.mean(hits) >= 0.98


def test_copy_space_is_empty_and_the_rest_is_not(splashes: list[tuple[np.ndarray, SplashAttributes]]) -> None:
    opposite = {"left": "right", "right": "left"}
    for pixels, splash in splashes:
        if splash.copy_space != "none":
            assert measures.emptiness(pixels, splash.copy_space) > 0.98
        if splash.copy_space in opposite and splash.scene in ("forest", "city skyline"):
            assert measures.emptiness(pixels, opposite[splash.copy_space]) < 0.98


def test_palette(splashes: list[tuple[np.ndarray, SplashAttributes]]) -> None:
    palettes = load_palettes()
    for pixels, splash in splashes[:40]:
        assert splash.palette == min(palettes, key=lambda name: measures.palette_distance(pixels, palettes[name]))
