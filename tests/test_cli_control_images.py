"""Control images by `emblem`, against a real socket; the tiny random model draws by a random network."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deployments.engine.engine import Engine
from tests.door import Door, listening
from tests.pictures import opened, png
from tests.test_cli import emblem
from tests.test_control_images import engine, serve_by_engine, with_net

__all__ = ["engine", "with_net"]  # fixtures


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    for name in ("edges.png", "odd:1.png"):
        (door.data_dir / name).write_bytes(png(80, 64))
    with listening(door.api) as url:
        yield url


def test_control_images_are_uploaded_and_told_as_they_were_said(door: Door, url: str) -> None:
    words = ("--control", "canny=edges.png:0.4", "--control", "depth=odd:1.png")
    for model in ("icon", "splash"):
        done = emblem(door, url, model, "key", *words)
        assert done.returncode == 0, done.stderr
        edges, depth = door.services[model].requests[0].controls.control_images  # type: ignore[index]
        assert (edges.kind, edges.strength, depth.kind, depth.strength) == ("canny", 0.4, "depth", 0.8)
        assert edges.image == depth.image  # the same again is the same file


def test_real_network_is_heard(door: Door, url: str, engine: Engine, with_net: Path) -> None:
    serve_by_engine(door, engine, with_net)
    size = ("--size", "96x64", "--steps", "4", "--seed", "5")
    for name, words in (("plain", ()), ("followed", ("--control", "canny=edges.png:1.5"))):
        done = emblem(door, url, "icon", "key", *size, *words, "-o", f"{name}.png")
        assert done.returncode == 0, done.stderr
    plain, followed = (
        np.asarray(opened((door.data_dir / f"{name}.png").read_bytes())) for name in ("plain", "followed")
    )
    assert np.abs(plain.astype(int) - followed).mean() > 0.2


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("edges.png", "say KIND=FILE[:STRENGTH]"),
        ("hed=edges.png", "KIND one of openpose, depth"),
        ("canny=missing.png", "there is no file missing.png"),
        ("canny=edges.png:loud", "the strength is a number, got 'loud'"),
        ("canny=edges.png:2.5", "control_images.0.strength"),
        ("normal=edges.png", "takes no control images of the kind normal"),
    ],
)
def test_control_image_that_can_not_be_taken_is_told(door: Door, url: str, said: str, told: str) -> None:
    done = emblem(door, url, "icon", "key", "--control", said)
    assert done.returncode == 1 and told in " ".join(done.stderr.split()), done.stderr
    assert not door.services["icon"].requests
