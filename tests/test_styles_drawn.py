"""What is drawn in a style: as the style says, but for what the request says itself, and the same again later."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.door import Door
from tests.generations import read, submit, until
from tests.pictures import png
from tests.sets import SETS, make_set, redrawn, until_ended
from tests.styles import LINE, STYLES, make_style, nothing_was_asked
from tests.uploads import references
from tests.users import as_user, new_user
from tests.versions import put_two_live

IMAGES, JOBS = "/v1/images/generations", "/v1/generations"
ASKED = {"prompt": "white rocket", "size": "64x64"}


def drawn(client: TestClient, door: Door, **fields: object) -> Any:
    """The request that the service was asked with."""
    job = until(client, submit(client, size="64x64", **fields)["id"], "completed")
    return next(one for one in door.services["icon"].requests if one.generation_id == job["id"])


def test_request_takes_all_that_it_does_not_say_from_its_style(client: TestClient, door: Door) -> None:
    live = put_two_live(door.api.state.context.adapters.registry)[1]
    images = references(client, png())
    style = make_style(client, lora=[{"id": live, "scale": 0.5}], style_images=images, style_strength=1)
    request = drawn(client, door, style=style["id"])
    assert (request.prompt, request.styled_prompt) == ("white rocket", "small white rocket, line style")
    assert (request.negative_prompt, request.num_steps, request.guidance_scale) == ("photo", 7, 3.5)
    assert (request.controls.sampler, request.controls.references[0].weight) == ("euler_a", 0.8)
    assert [(use.id, use.scale) for use in request.loras] == [(live, 0.5)]
    assert (request.style.id, request.style.name) == (f"{style['id']}@1", "house")


def test_what_the_request_says_wins(client: TestClient, door: Door) -> None:
    first, second = references(client, png(), png(64, 64))
    style = make_style(client, style_images=[first], style_strength=1)["id"]
    said = {"negative_prompt": None, "guidance_scale": 9, "sampler": "euler", "num_inference_steps": 3}
    request = drawn(client, door, style=style, style_images=[second], **said)
    assert (request.negative_prompt, request.num_steps, request.guidance_scale) == (None, 3, 9)
    assert request.controls.sampler == "euler" and request.styled_prompt.endswith("line style")
    (reference,) = request.controls.references
    assert (
        reference.weight == pytest.approx(0.8 * 0.75**1.5)
        and reference.image.sha256 != drawn(client, door, style=style).controls.references[0].image.sha256
    )  # the style's strength is of the style's own images
    assert drawn(client, door, style=style, quality="low").num_steps == 10
    assert drawn(client, door, style=style, style_strength=0.25).controls.references[0].weight == 0.1


def test_generation_tells_its_style_and_is_drawn_again_by_the_same_version(client: TestClient, door: Door) -> None:
    style = make_style(client)["id"]
    job = submit(client, size="64x64", style=style, seed=3)
    told = {"id": f"{style}@1", "name": "house", "prompt": "small white rocket, line style"}
    assert (job["style"], job["prompt"]) == (told, "white rocket")
    until(client, job["id"], "completed")
    client.put(f"{STYLES}/{style}", json=LINE | {"name": "ours", "prompt_suffix": "flat style"})
    assert drawn(client, door, style=style, seed=3).styled_prompt == "small white rocket, flat style"
    again = client.post(IMAGES, json=ASKED | {"seed": 3, "style": told["id"]}).json()
    assert (again["style"], again["cached"], again["id"]) == (told["id"], True, job["id"])
    client.delete(f"{STYLES}/{style}")
    assert read(client, job["id"])["style"] == told


def test_presets_are_asked_for_by_name(client: TestClient, door: Door) -> None:
    answer = client.post(IMAGES, json=ASKED | {"style": "line"})
    assert answer.json()["style"] == "line@1"
    splash = client.post(JOBS, json={"prompt": "waves", "model": "splash", "style": "night@1"}).json()
    until(client, splash["id"], "completed")
    assert door.services["icon"].requests[0].styled_prompt == "white rocket, line style"
    assert door.services["splash"].requests[0].styled_prompt == "waves, night palette"
    plain = client.post(IMAGES, json=ASKED).json()
    assert plain["style"] is None and read(client, plain["id"])["style"] is None


@pytest.mark.parametrize("path", [IMAGES, JOBS, "/v1/icon-sets", "/v1/splash-sets"])
def test_style_that_is_not_there_is_refused_and_costs_nothing(client: TestClient, door: Door, path: str) -> None:
    other = as_user(client, new_user(client, "other"))
    foreign, deleted = make_style(client, headers=other)["id"], make_style(client)["id"]
    client.delete(f"{STYLES}/{deleted}")
    body = {"/v1/icon-sets": {"name": "a", "subjects": ["b"]}, "/v1/splash-sets": {"name": "a", "brief": "b"}}
    for style in ("vivid", "style_none", "flat@2", foreign, f"{foreign}@1", deleted):
        answer = client.post(path, json=body.get(path, {"prompt": "a"}) | {"style": style})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["param"]) == (404, "style_not_found", "style")
        assert style.split("@")[0] in error["message"]
    assert nothing_was_asked(door, client)


def test_what_a_style_has_lost_is_told_of_the_style(client: TestClient, door: Door) -> None:
    (image,) = references(client, png())
    style = make_style(client, style_images=[image])["id"]
    client.delete(f"/v1/files/{image['file_id']}")
    for path, body in ((IMAGES, ASKED), (JOBS, ASKED), (SETS, {"name": "a", "subjects": ["b"]})):
        error = client.post(path, json=body | {"style": style}).json()["error"]
        assert (error["code"], error["param"]) == ("referenced_object_not_found", "style")
        assert error["message"].startswith(f"style {style}@1: ")
    own = client.post(IMAGES, json=ASKED | {"style": style, "sampler": "ddim"}).json()["error"]
    assert own["param"] == "sampler"  # the request's own mistake
    assert nothing_was_asked(door, client)


def test_set_is_drawn_in_its_style_also_when_that_is_gone(client: TestClient, door: Door) -> None:
    style = make_style(client)["id"]
    made = make_set(client, "rocket", template="{subject} icon", style=style, guidance_scale=2)
    assert made["drawing"]["style"] == f"{style}@1" and made["template"] == "{subject} icon"
    client.put(f"{STYLES}/{style}", json={"name": "other"})
    client.delete(f"{STYLES}/{style}")
    assert client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["moon"]}).status_code == 202
    until_ended(client, made)
    assert client.post(redrawn(made)).status_code == 202
    ended = until_ended(client, made)
    assert [item["prompt"] for item in ended["items"]] == ["rocket icon", "moon icon"]
    requests = door.services["icon"].requests
    assert sorted(one.styled_prompt for one in requests) == [
        "small moon icon, line style", *["small rocket icon, line style"] * 2
    ]  # fmt: skip
    assert {(one.num_steps, one.guidance_scale, one.controls.sampler) for one in requests} == {(7, 2, "euler_a")}
    assert read(client, ended["items"][0]["generation_id"])["style"]["id"] == f"{style}@1"


def test_splash_family_takes_a_style(client: TestClient, door: Door) -> None:
    body = {"name": "start", "brief": "waves", "formats": ["square"], "style": "ocean"}
    made = client.post("/v1/splash-sets", json=body).json()
    until_ended(client, made)
    assert [one.styled_prompt for one in door.services["splash"].requests] == ["waves, ocean palette"]


def test_image_is_edited_in_a_style(client: TestClient, door: Door) -> None:
    images = references(client, png(64, 64))
    answer = client.post("/v1/images/edits", json={"prompt": "blue", "images": images, "style": "soft-3d"})
    assert (answer.status_code, answer.json()["style"]) == (200, "soft-3d@1")
    job = submit(client, images=images, style="soft-3d", strength=0.5)
    until(client, job["id"], "completed")
    assert {one.styled_prompt for one in door.services["icon"].requests} == {
        "blue, in a soft 3D style", "white rocket, in a soft 3D style"
    }  # fmt: skip


def test_words_of_a_style_are_under_the_policy_too(client: TestClient, door: Door) -> None:
    style = make_style(client, prompt_suffix="snuff film")["id"]
    answer = client.post(IMAGES, json=ASKED | {"style": style})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "content_policy_violation")
    assert nothing_was_asked(door, client)
