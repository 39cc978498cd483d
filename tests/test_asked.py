"""A generation tells how it was asked to be drawn: sent again, that asks for the same."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deployments.engine.load import load_model
from tests.adapters import publish_random
from tests.door import Door
from tests.generations import read, submit, until
from tests.pictures import png
from tests.uploads import references

BOX, OTHER = [0.1, 0.1, 0.4, 0.3], [0.55, 0.6, 0.4, 0.3]


@pytest.fixture
def adapter(door: Door, models_dir: Path) -> str:
    model = load_model(models_dir / "starter")
    return publish_random(door.data_dir / "registry", model, models_dir, "house", seed=1)


def test_what_is_told_asks_for_the_same_once_more(client: TestClient, door: Door, adapter: str) -> None:
    door.services["icon"].has_references = True
    first, second = references(client, png(), png(64, 64))
    asked = {
        "style_images": [first, second | {"strength": 0.4, "mode": "precise", "start": 0.2, "end": 0.9, "box": BOX}],
        "style_strength": 0.5, "lora": [{"id": adapter, "scale": 0.7}], "palette": ["#FF0000", "#ffffff"],
        "layout": {
            "regions": [{"box": BOX, "prompt": "a lighthouse", "strength": 0.8}], "copy_space": OTHER,
            "keyline": {"template": "circle", "padding": 0.2},
        },
        "guidance_rescale": 0.3, "sampler": "dpmpp_2m",
    }  # fmt: skip
    job = until(client, submit(client, **asked)["id"], "completed")
    told = job["controls"]
    assert told["style_images"][1]["box"] == BOX and told["palette"] == ["#ff0000", "#ffffff"]
    assert told["layout"]["keyline"]["template"] == "circle" and told["lora"] == asked["lora"]
    again = until(client, submit(client, style_strength=1, **told)["id"], "completed")
    one, other = door.services["icon"].requests
    assert (one.controls, one.loras) == (other.controls, other.loras) and one.controls.references[1].box
    assert read(client, again["id"])["controls"] == told


def test_what_was_not_asked_is_told_as_nothing(client: TestClient) -> None:
    told = submit(client)["controls"]
    assert (told["style_images"], told["palette"], told["lora"], told["sampler"]) == ([], [], [], "euler")
    layout = {"template": None, "regions": [], "copy_space": None, "logo_box": None, "horizon": None, "keyline": None}
    assert told["layout"] == layout
