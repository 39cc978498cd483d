"""References by `emblem`, and a layout by the README's curl, against a real socket with fake services behind it."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.door import Door, listening
from tests.graph import environment
from tests.pictures import png
from tests.readme import command
from tests.test_cli import emblem


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


def test_references_are_uploaded_and_drawn_after(door: Door, url: str) -> None:
    for name, content in (("one.png", png()), ("two.png", png(64, 64))):
        (door.data_dir / name).write_bytes(content)
    words = ("--reference", "one.png", "--reference", "two.png")
    for model in ("icon", "splash"):
        done = emblem(door, url, model, "key", *words, "--style-strength", "0.25", "--seed", "5")
        assert done.returncode == 0 and "seed 5" in done.stderr, done.stderr
        assert (door.data_dir / f"{model}.png").exists()
        first, second = door.services[model].requests[0].controls.references  # type: ignore[index]
        assert (first.weight, second.weight) == (0.1, 0.1) and first.image != second.image


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--reference", "missing.png"], "there is no file missing.png"),
        (["--reference", "text.png"], "HTTP 415"),
        (["--style-strength", "0.5"], "style_strength needs images"),
    ],
)
def test_reference_that_can_not_be_taken_is_told(door: Door, url: str, words: list[str], told: str) -> None:
    (door.data_dir / "text.png").write_text("no picture")
    done = emblem(door, url, "icon", "key", *words)
    assert done.returncode == 1 and told in " ".join(done.stderr.split()), done.stderr
    assert not door.services["icon"].requests


def test_readmes_layout_is_asked_with_curl(door: Door, url: str) -> None:
    variables = environment(door.data_dir) | {"EMBLEM_URL": url, "EMBLEM_API_KEY": door.admin_key}
    done = subprocess.run(["bash", "-c", command("curl --fail")], env=variables, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"][0]["url"].startswith(url)
    (request,) = door.services["splash"].requests
    assert request.controls.copy_space == (0, 0, 0.34, 1)
