"""`emblem styles` and `--style` as a person types them."""

import json
import shlex
from collections.abc import Iterator

import httpx
import pytest

from tests.door import Door, listening
from tests.generations import submit, until
from tests.pictures import png
from tests.readme import command
from tests.test_cli import emblem


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


def test_style_is_made_with_the_readmes_command_listed_drawn_in_and_deleted(door: Door, url: str) -> None:
    (door.data_dir / "rocket.png").write_bytes(png(64, 64))
    made = emblem(door, url, *shlex.split(command("emblem styles create"))[1:])
    assert made.returncode == 0, made.stderr
    style_id = made.stdout.strip()
    listed = emblem(door, url, "styles", "list", COLUMNS="160").stdout
    rows = [line.split()[1] for line in listed.splitlines() if "style_" in line or "soft-3d" in line]
    assert rows == [style_id, "soft-3d"] and "1 image(s)" in listed

    drawn = emblem(door, url, "icon", "rocket", "--style", style_id, "--size", "64x64")
    assert drawn.returncode == 0, drawn.stderr
    done = emblem(door, url, "splash", "waves", "--style", "night@1", "--size", "96x64")
    assert done.returncode == 0, done.stderr
    icons = emblem(door, url, "set", "moon", "--name", "a", "--out", "out", "--style", style_id, "--size", "64x64")
    assert icons.returncode == 0, icons.stderr
    styles = [request.style.id for request in door.services["icon"].requests if request.style]
    assert styles == [f"{style_id}@1"] * 2
    assert door.services["splash"].requests[0].styled_prompt == "waves, night palette"

    assert emblem(door, url, "styles", "delete", style_id).stdout == f"deleted {style_id}\n"
    gone = emblem(door, url, "icon", "rocket", "--style", style_id)
    assert gone.returncode == 1 and f"no style '{style_id}'" in gone.stderr and "Traceback" not in gone.stderr


def test_style_takes_a_drawn_image_and_is_shown_as_json(door: Door, url: str) -> None:
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {door.admin_key}"}) as client:
        job = until(client, submit(client, size="64x64", n=2)["id"], "completed")
    words = ("--suffix", "line style", "--guidance", "3.5", "--steps", "7", "--kind", "icon", "--negative", "photo")
    made = emblem(door, url, "styles", "create", "house", *words, "--reference", f"{job['id']}:1", "--mode", "full")
    assert made.returncode == 0, made.stderr
    shown = json.loads(emblem(door, url, "styles", "show", f"{made.stdout.strip()}@1").stdout)
    assert (shown["name"], shown["kind"], shown["guidance_scale"], shown["version"]) == ("house", "icon", 3.5, 1)
    assert (shown["num_inference_steps"], shown["negative_prompt"]) == (7, "photo")
    assert [image["mode"] for image in shown["style_images"]] == ["full"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["styles", "create", " "], "must not be blank"),
        (["styles", "create", "a", "--kind", "logo"], "kind"),
        (["styles", "create", "a", "--reference", "missing.png"], "there is no file missing.png"),
        (["styles", "create", "a", "--reference", "gen_none"], "no image 0 of generation 'gen_none'"),
        (["styles", "show", "../keys"], "HTTP 404"),
        (["styles", "delete", "flat"], "everybody's"),
    ],
)
def test_mistakes_end_in_one_line_and_no_traceback(door: Door, url: str, args: list[str], words: str) -> None:
    done = emblem(door, url, *args)
    assert done.returncode == 1
    assert words in done.stderr and "Traceback" not in done.stderr
