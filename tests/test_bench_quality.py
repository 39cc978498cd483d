"""Quality as it is measured over HTTP: of pictures whose answers are known, behind a real socket."""

from collections.abc import Iterator

import pytest

from bench.quality.__main__ import compose
from bench.quality.figures import Figure, share
from bench.quality.icons import IconPlan, measure_icons
from bench.quality.splash import SplashPlan, measure_splash
from bench.quality.styles import StylePlan, measure_styles
from serve_app.cli.client import Server
from tests.door import Door, listening

ICONS = IconPlan(
    styles=("{subject} icon",), subjects=("rocket", "heart", "star"), references=("red heart",), strengths=(0, 1)
)
SPLASH = SplashPlan(
    scenes=("waves",), sides=("left",), pairs=(("red", "blue"),), sizes=("256x256",), seeds=(1,), horizons=(0.6,)
)


@pytest.fixture
def server(door: Door) -> Iterator[Server]:
    door.services["icon"].has_references = True
    with listening(door.api) as url:
        yield Server(url, door.admin_key)


def test_icons_are_measured_over_http(server: Server) -> None:
    by_name = {figure.name: figure for figure in measure_icons(server, ICONS)}
    later = by_name["share of icons added later within their set's spread"]
    places = by_name["share of subjects in place after the export"]
    assert (later.num_measured, places.num_measured) == (1, 2)
    assert by_name["a set's spread, of that of icons drawn apart"].value is not None
    assert len([name for name in by_name if "at strength" in name]) == 2


def test_splash_screens_are_measured_over_http(server: Server) -> None:
    details, calm, horizons, regions, of_one_size = measure_splash(server, SPLASH)
    assert details.value is not None and (calm.num_measured, horizons.num_measured, regions.num_measured) == (1, 1, 2)
    assert of_one_size.value == regions.value and "256x256" in of_one_size.name


def test_style_images_are_measured_over_http(server: Server) -> None:
    figures = measure_styles(server, StylePlan({"splash": ("waves",)}, strengths=(0.5, 1)))
    names = [figure.name for figure in figures]
    assert len(figures) == 2 * (2 * 2 + 1) and "splash, mode full, strength 1: leakage" in names
    assert all(figure.value is not None and 0 <= figure.value <= 1 for figure in figures)


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("a", 0.4, 2, 0.5, "lower"), "met"), (Figure("a", 0.6, 2, 0.5, "lower"), "missed"),
        (Figure("a", 0.96, 2, 0.95), "met"), (Figure("a", 0.9, 2, 0.95), "missed"), (Figure("a", 0.9, 2), ""),
        (Figure("a", None, 0, 0.95), "not measured"),
    ],
)  # fmt: skip
def test_page_says_which_goals_were_missed(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict
    assert figure.row() in compose("icons", "starter@00000000", [figure])
    assert share([]) is None and share([True, False]) == 0.5
