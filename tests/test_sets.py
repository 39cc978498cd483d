"""Icon sets and splash families through the door: one request, a generation for each, looked after together."""

import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.door import Door
from tests.generations import hold, nth_drawn, read, release
from tests.sets import SETS, SUBJECTS, ended_set, make_set, read_set, redrawn, statuses, until_ended
from tests.users import as_user, new_user


def exported(client: TestClient, made: dict[str, Any], **query: str) -> dict[str, bytes]:
    answer = client.get(f"/v1/{made['kind']}-sets/{made['id']}/export", params=query)
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_each_subject_becomes_a_generation_alike_in_all_but_its_words(client: TestClient, door: Door) -> None:
    made = make_set(client, " rocket ", "heart", template="{subject}, flat, {subject}", guidance_scale=3, quality="low")
    ended = until_ended(client, made)
    assert [item["subject"] for item in ended["items"]] == ["rocket", "heart"]
    requests = sorted(door.services["icon"].requests, key=lambda request: request.prompt, reverse=True)
    assert [request.prompt for request in requests] == ["rocket, flat, rocket", "heart, flat, heart"]
    alike = ("seeds", "width_px", "num_steps", "guidance_scale", "output_format", "negative_prompt")
    for name in alike:
        assert len({getattr(request, name) for request in requests}) == 1, name
    assert requests[0].seeds == (ended["drawing"]["seed"],) and requests[0].width_px == 64
    assert (ended["status"], ended["progress"], ended["num_completed"]) == ("completed", 1, 2)
    for item in ended["items"]:
        assert read(client, item["generation_id"])["images"] == item["images"] != []
        assert client.get(item["images"][0]["url"]).status_code == 200


def test_progress_and_state_follow_the_items(client: TestClient, door: Door) -> None:
    hold(door)
    made = make_set(client)
    nth_drawn(door, 3)
    under_way = read_set(client, made["id"])
    assert under_way["status"] == "in_progress" and statuses(under_way) == ["in_progress"] * 3
    assert 0 < under_way["progress"] <= 1 and under_way["consistency_score"] is None
    early = client.get(f"{SETS}/{made['id']}/export")
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_finished")
    assert client.delete(f"{SETS}/{made['id']}").json()["error"]["code"] == "not_finished"
    cancelled = client.post(f"{SETS}/{made['id']}/cancel").json()
    assert statuses(cancelled) == ["cancelled"] * 3 and cancelled["status"] == "incomplete"
    assert client.get(f"{SETS}/{made['id']}/export").json()["error"]["code"] == "nothing_drawn"
    release(door)


def test_subjects_are_added_later_with_the_sets_own_seed_and_template(client: TestClient, door: Door) -> None:
    made = make_set(client, "rocket", template="{subject}, bold", seed=7)
    answer = client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["moon"]})
    assert answer.status_code == 202, answer.text
    ended = until_ended(client, made)
    assert [(item["subject"], item["position"], item["seed"]) for item in ended["items"]] == [
        ("rocket", 0, 7), ("moon", 1, 7)
    ]  # fmt: skip
    assert {request.prompt for request in door.services["icon"].requests} == {"rocket, bold", "moon, bold"}
    again = client.post(f"{SETS}/{made['id']}/items", json={"subjects": ["sun", " MOON "]})
    assert again.status_code == 400
    assert (again.json()["error"]["code"], again.json()["error"]["param"]) == ("duplicate_subject", "subjects.1")
    assert len(read_set(client, made["id"])["items"]) == 2


def test_one_item_is_drawn_again_with_another_seed(client: TestClient, door: Door) -> None:
    made = ended_set(client)
    first = made["items"][1]
    assert client.post(redrawn(made, 1)).status_code == 202
    ended = until_ended(client, made)
    second = ended["items"][1]
    assert second["seed"] != first["seed"] and second["generation_id"] != first["generation_id"]
    assert (second["id"], second["prompt"], second["scores"] is None) == (first["id"], first["prompt"], False)
    assert [ended["items"][0], ended["items"][2]] != [second] * 2
    assert read(client, first["generation_id"])["status"] == "completed"  # still in the gallery
    hold(door)
    client.post(redrawn(made))
    early = client.post(redrawn(made))
    assert (early.status_code, early.json()["error"]["code"]) == (409, "not_finished")
    release(door)


def test_finished_items_are_measured_and_compared(client: TestClient) -> None:
    made = ended_set(client)
    assert 0 < made["consistency_score"] <= 1
    for item in made["items"]:
        assert item["scores"]["background_purity"] < 0.5  # the fakes draw noise
        assert item["distance"]["palette_delta_e"] >= 0 and item["distance"]["centring"] is None
    assert read_set(client, made["id"]) == made  # measured once
    alone = until_ended(client, make_set(client, "moon"))
    assert alone["consistency_score"] is None and alone["items"][0]["scores"] is not None


def test_item_whose_generation_was_deleted_says_so_and_can_be_drawn_again(client: TestClient) -> None:
    made = ended_set(client)
    assert client.delete(f"/v1/generations/{made['items'][0]['generation_id']}").status_code == 204
    found = read_set(client, made["id"])
    assert statuses(found) == ["deleted", "completed", "completed"]
    assert (found["status"], found["items"][0]["images"], found["items"][0]["seed"]) == ("incomplete", [], None)
    assert "01-rocket.png" not in exported(client, made)
    assert client.post(redrawn(made)).status_code == 202
    assert until_ended(client, made)["status"] == "completed"


def test_failed_item_says_why_and_leaves_the_others(client: TestClient, door: Door) -> None:
    hold(door)
    made = make_set(client, "rocket")
    nth_drawn(door, 1)
    door.services["icon"].failure = RuntimeError("on purpose")
    release(door)
    ended = until_ended(client, made)
    assert (statuses(ended), ended["status"]) == (["failed"], "incomplete")
    assert ended["items"][0]["error"]["code"] == "internal_error"


@pytest.mark.parametrize("output_format", ["png", "webp"])
def test_export_has_a_png_of_each_a_sheet_and_a_report(client: TestClient, output_format: str) -> None:
    made = until_ended(client, make_set(client, "Räkete / 1", "\U0001f680", output_format=output_format))
    files = exported(client, made)
    assert list(files) == ["01-rakete-1.png", "02.png", "contact-sheet.png", "report.json"]
    kept = client.get(made["items"][0]["images"][0]["url"]).content
    with Image.open(io.BytesIO(files["01-rakete-1.png"])) as image, Image.open(io.BytesIO(kept)) as original:
        assert image.format == "PNG" and np.array_equal(np.asarray(image), np.asarray(original))
    with Image.open(io.BytesIO(files["contact-sheet.png"])) as sheet:
        assert sheet.width == 1200 and len(np.unique(np.asarray(sheet)[56:190, 8:136])) > 100
    report = json.loads(files["report.json"])
    assert [item["file"] for item in report["items"]] == ["01-rakete-1", "02"]
    assert report["consistency_score"] == made["consistency_score"] and report["items"][0]["scores"]


def test_export_of_bundles_has_all_that_platforms_want_in_a_folder_of_each(client: TestClient) -> None:
    made = until_ended(client, make_set(client, "rocket", "heart"))
    names = set(exported(client, made, files="bundle", platforms="favicon"))
    for folder in ("01-rocket", "02-heart"):
        assert {name for name in names if name.startswith(folder)} == {
            f"{folder}/{name}" for name in ("favicon/favicon.ico", "contact-sheet.png", "report.json")
        }


def test_splash_family_is_one_brief_in_each_shape_and_theme(client: TestClient, door: Door) -> None:
    body = {"name": "start", "brief": "calm sea", "themes": ["light", "dark"], "seed": 3}
    answer = client.post("/v1/splash-sets", json=body)
    assert answer.status_code == 202, answer.text
    made = until_ended(client, answer.json())
    assert [(item["subject"], item["size"]) for item in made["items"]] == [
        ("portrait, light", "192x352"), ("portrait, dark", "192x352"), ("landscape, light", "352x192"),
        ("landscape, dark", "352x192"), ("square, light", "256x256"), ("square, dark", "256x256"),
    ]  # fmt: skip
    requests = door.services["splash"].requests
    assert {request.prompt for request in requests} == {"calm sea, light theme", "calm sea, dark theme"}
    assert {request.seeds for request in requests} == {(3,)} and not door.services["icon"].requests
    assert client.get(f"{SETS}/{made['id']}").status_code == 404  # no icon set
    assert client.get("/v1/splash-sets").json()["data"][0]["id"] == made["id"]
    assert len(exported(client, made)) == 6 + 2


def test_deleted_set_is_gone_with_its_images(client: TestClient, door: Door) -> None:
    made = ended_set(client)
    assert client.delete(f"{SETS}/{made['id']}").status_code == 204
    assert client.get(f"{SETS}/{made['id']}").json()["error"]["code"] == "set_not_found"
    assert client.get("/v1/generations").json()["data"] == []
    assert not [path for path in (door.data_dir / "images").rglob("*") if path.is_file()]


def test_lists_are_pages_of_ones_own(client: TestClient) -> None:
    made = [make_set(client, subject)["id"] for subject in SUBJECTS]
    first = client.get(SETS, params={"limit": 2}).json()
    second = client.get(SETS, params={"limit": 2, "after": first["last_id"]}).json()
    assert [one["id"] for one in first["data"] + second["data"]] == made[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    other = as_user(client, new_user(client, "other"))
    assert client.get(SETS, headers=other).json()["data"] == []
    foreign = client.get(f"{SETS}?after={made[0]}", headers=other).json()["error"]
    assert (foreign["code"], foreign["param"]) == ("invalid_cursor", "after")
