"""Styles as a resource: made, read, listed, changed and deleted by their owner, beside presets that nobody changes."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.specs import STARTER
from serve_app.styles import presets
from serve_app.styles.store import StyleStore
from tests.door import Door
from tests.generations import submit, until
from tests.pictures import png
from tests.styles import LINE, STYLES, make_style
from tests.uploads import references
from tests.users import as_user, new_user
from tests.versions import put_version
from train.starter.palettes import load_palettes
from train.starter.phrases import PALETTE, STYLE_TAG


def refused(client: TestClient, **fields: object) -> tuple[int, str, str | None]:
    answer = client.post(STYLES, json={"name": "house", **fields})
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["param"]


def test_style_is_kept_as_it_was_said(client: TestClient) -> None:
    (file,) = references(client, png())
    made = make_style(client, style_images=[file | {"mode": "style", "strength": 0.5}], style_strength=1)
    assert (made["version"], made["is_preset"], made["object"]) == (1, False, "style")
    assert {name: made[name] for name in LINE} == LINE
    assert made["style_images"] == [file | {"mode": "style", "strength": 0.5, "start": 0, "end": 1, "box": None}]
    assert client.get(f"{STYLES}/{made['id']}").json() == made


def test_change_is_a_new_version_beside_the_old_one(client: TestClient) -> None:
    made = make_style(client)
    changed = client.put(f"{STYLES}/{made['id']}", json={"name": "ours", "guidance_scale": 2}).json()
    assert (changed["id"], changed["version"], changed["name"]) == (made["id"], 2, "ours")
    assert (changed["prompt_suffix"], changed["sampler"]) == ("", None)  # wholly as the body says
    again = client.put(f"{STYLES}/{made['id']}", json={"name": "ours", "guidance_scale": 2}).json()
    assert again == changed
    assert client.get(f"{STYLES}/{made['id']}").json() == changed
    assert client.get(f"{STYLES}/{made['id']}@1").json() == made
    for version in ("3", "0", "01", "-1", "x", "9" * 30, ""):
        answer = client.get(f"{STYLES}/{made['id']}@{version}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "style_not_found"), version


def test_drawn_image_becomes_a_file_that_outlives_it(client: TestClient) -> None:
    job = until(client, submit(client, size="64x64", n=2, output_format="webp")["id"], "completed")
    made = make_style(client, style_images=[{"generation_id": job["id"], "index": 1, "mode": "style"}])
    assert client.delete(f"/v1/generations/{job['id']}").status_code == 204
    (image,) = made["style_images"]
    file = client.get(f"/v1/files/{image['file_id']}").json()
    assert (file["size"], file["purpose"]) == ("64x64", "reference")
    submit(client, size="64x64", style=made["id"])


def test_pages_are_ones_own_and_then_the_presets(client: TestClient) -> None:
    made = [make_style(client, name=f"style {number}")["id"] for number in range(3)]
    built_in = [style.id for style in presets.newest()]
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get(STYLES, params=query).json()
        seen += page["data"]
        if not page["has_more"]:
            break
        query["after"] = page["last_id"]
    assert [style["id"] for style in seen] == made[::-1] + built_in
    assert [style["is_preset"] for style in seen] == [False] * 3 + [True] * len(built_in)
    other = as_user(client, new_user(client, "other"))
    assert [style["id"] for style in client.get(STYLES, headers=other).json()["data"]] == built_in
    for after in (made[0], "style_none", "flat@1"):
        error = client.get(STYLES, params={"after": after}, headers=other).json()["error"]
        assert (error["code"], error["param"]) == ("invalid_cursor", "after")


def test_deleted_style_is_gone_with_its_versions(client: TestClient) -> None:
    made = make_style(client)
    client.put(f"{STYLES}/{made['id']}", json={"name": "ours"})
    assert client.delete(f"{STYLES}/{made['id']}").status_code == 204
    for reference in (made["id"], f"{made['id']}@1"):
        assert client.get(f"{STYLES}/{reference}").json()["error"]["code"] == "style_not_found"
    assert made["id"] not in client.get(STYLES).text


def test_presets_say_what_the_starter_model_has_learned() -> None:
    icon_words = {words for several in STYLE_TAG.values() for words in several}
    splash_words = {words.format(name) for words in PALETTE for name in load_palettes()}
    for style in presets.versions().values():
        assert style.parts.prompt_suffix in (icon_words if style.parts.kind == "icon" else splash_words), style.id
        assert style.parts.sampler in (None, *STARTER.samplers)
    assert {style.parts.kind for style in presets.newest()} == {"icon", "splash"}


def test_presets_are_read_by_all_and_changed_by_nobody(client: TestClient) -> None:
    member = as_user(client, new_user(client, "other"))
    for headers in (None, member):
        found = client.get(f"{STYLES}/flat", headers=headers).json()
        assert (found["id"], found["version"], found["is_preset"], found["created_at"]) == ("flat", 1, True, None)
        assert client.get(f"{STYLES}/flat@1", headers=headers).json() == found
        assert client.get(f"{STYLES}/flat@99", headers=headers).status_code == 404
        for answer in (
            client.put(f"{STYLES}/flat", json=LINE, headers=headers),
            client.delete(f"{STYLES}/flat", headers=headers),
        ):
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "style_read_only")


def test_what_could_not_be_drawn_is_refused_at_once(client: TestClient, door: Door) -> None:
    job = until(client, submit(client, size="64x64")["id"], "completed")
    put_version(door.api.state.context.adapters.registry, "house", b"never live")
    image = {"file_id": "file_none"}
    assert refused(client, sampler="ddim") == (400, "unsupported_value", "sampler")
    assert refused(client, num_inference_steps=61) == (400, "invalid_value", "num_inference_steps")
    assert refused(client, style_strength=1) == (400, "reference_required", "style_images")
    assert refused(client, lora=[{"id": "none"}]) == (404, "model_not_found", "lora")
    missing = (404, "referenced_object_not_found", "style_images.0.file_id")
    assert refused(client, style_images=[image]) == missing
    both = image | {"generation_id": job["id"]}
    assert refused(client, style_images=[both]) == (400, "invalid_value", "style_images.0")
    assert refused(client, style_images=[{}]) == (400, "invalid_value", "style_images.0")
    gone = {"generation_id": job["id"], "index": 1}
    assert refused(client, style_images=[gone]) == (404, "referenced_object_not_found", "style_images.0")
    assert refused(client, style_images=[image] * 5)[:2] == (400, "invalid_value")
    door.services["icon"].has_references = False
    assert refused(client, style_images=references(client, png())) == (400, "references_unsupported", "style_images")
    own = [style for style in client.get(STYLES).json()["data"] if not style["is_preset"]]
    assert own == []


def test_foreign_images_are_not_taken(client: TestClient) -> None:
    job = until(client, submit(client, size="64x64")["id"], "completed")
    other = as_user(client, new_user(client, "other"))
    for image in ({"generation_id": job["id"]}, references(client, png())[0]):
        answer = client.post(STYLES, json={"name": "theirs", "style_images": [image]}, headers=other)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "referenced_object_not_found")


@pytest.mark.parametrize("change", ["create", "change"])
def test_versions_are_bounded(client: TestClient, door: Door, change: str) -> None:
    context = door.api.state.context
    object.__setattr__(context, "styles", StyleStore(context.database, max_versions=2))
    made = make_style(client)
    client.put(f"{STYLES}/{made['id']}", json={"name": "ours"})
    answer = (
        client.post(STYLES, json=LINE)
        if change == "create"
        else client.put(f"{STYLES}/{made['id']}", json={"name": "theirs"})
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "style_quota_exceeded")
    other = as_user(client, new_user(client, "other"))
    make_style(client, headers=other)
    client.delete(f"{STYLES}/{made['id']}")
    make_style(client)
