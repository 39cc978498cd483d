"""Exports and scores through the door: one image of the caller's own, within bounds."""

import io
import json
import threading
import zipfile
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.door import Door
from tests.generations import hold, release, submit, until
from tests.icons import container_icon, disc
from tests.pictures import encoded
from tests.uploads import uploaded
from tests.users import as_user, new_user

EXPORTS = "/v1/exports"


def ask(client: TestClient, headers: dict[str, str] | None = None, **body: object) -> httpx.Response:
    return client.post(EXPORTS, json={"platforms": ["favicon"], **body}, headers=headers)


def icon_file(client: TestClient) -> str:
    file_id: str = uploaded(client, encoded(Image.fromarray(container_icon(disc(0.56, 0.5, 0.2)))))["id"]
    return file_id


def drawn(client: TestClient, **fields: object) -> str:
    return str(until(client, submit(client, size="64x64", **fields)["id"], "completed")["id"])


def opened(answer: httpx.Response) -> tuple[dict[str, Any], set[str]]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return json.loads(archive.read("report.json")), set(archive.namelist())


@pytest.fixture
def other(client: TestClient) -> dict[str, str]:
    """The headers of another user."""
    return as_user(client, new_user(client, "other"))


def test_uploaded_icon_becomes_a_zip_with_what_was_asked(client: TestClient) -> None:
    answer = ask(client, file_id=icon_file(client), platforms=["pwa", "pwa"], name=" Röcket ", colors=["#2660E8"])
    report, names = opened(answer)
    assert answer.headers["content-type"] == "application/zip" and "icons.zip" in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert (report["is_valid"], report["name"], report["source_size"]) == (True, "Röcket", "256x256")
    assert report["scores"]["palette_delta_e"] is not None
    assert "pwa/manifest.webmanifest" in names and not {name for name in names if name.startswith("ios")}


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_drawn_image_of_any_format_becomes_one_too(client: TestClient, output_format: str) -> None:
    report, _ = opened(ask(client, generation_id=drawn(client, n=2, output_format=output_format), index=1))
    assert report["is_valid"] and report["source_size"] == "64x64"


def test_anothers_image_is_as_one_that_does_not_exist(client: TestClient, other: dict[str, str]) -> None:
    theirs = {"generation_id": drawn(client), "file_id": icon_file(client)}
    for name, found in theirs.items():
        foreign, missing = ask(client, other, **{name: found}), ask(client, other, **{name: "none"})
        assert (foreign.status_code, missing.status_code) == (404, 404)
        assert foreign.text.replace(found, "none") == missing.text


def test_image_that_is_not_drawn_yet_is_409(client: TestClient, door: Door) -> None:
    hold(door)
    answer = ask(client, generation_id=submit(client)["id"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_finished")
    release(door)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "invalid_value", "generation_id"),
        ({"generation_id": "a", "file_id": "b"}, "invalid_value", "generation_id"),
        ({"file_id": "a", "platforms": []}, "invalid_value", "platforms"),
        ({"file_id": "a", "platforms": ["windows"]}, "invalid_value", "platforms.0"),
        ({"file_id": "a", "background_color": "red"}, "invalid_value", "background_color"),
        ({"file_id": "a", "colors": ["#12345"]}, "invalid_value", "colors.0"),
        ({"file_id": "a", "colors": ["#123456"] * 17}, "invalid_value", "colors"),
        ({"file_id": "a\n"}, "invalid_value", "file_id"),
        ({"file_id": "a", "name": " "}, "invalid_value", "name"),
        ({"generation_id": "a", "index": -1}, "invalid_value", "index"),
        ({"path": "/etc/passwd"}, "unknown_parameter", "path"),
    ],
)
def test_bad_request_is_refused(client: TestClient, body: dict[str, object], code: str, param: str) -> None:
    answer = ask(client, **body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


def test_scores_are_measured_when_asked(client: TestClient) -> None:
    path = f"/v1/generations/{drawn(client)}/images/0/scores"
    plain, with_colours = client.get(path), client.get(path, params={"colors": "ffffff,2660E8"})
    assert plain.status_code == with_colours.status_code == 200
    assert plain.json()["separation"] < 0.5 and plain.json()["contrast_ratio"] is None  # noise has no subject
    assert plain.json()["palette_delta_e"] is None and with_colours.json()["palette_delta_e"] > 5
    refused = client.get(path, params={"colors": "white"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "colors")


def test_deleted_generation_is_neither_exported_nor_measured(client: TestClient) -> None:
    generation_id = drawn(client)
    client.delete(f"/v1/generations/{generation_id}")
    assert ask(client, generation_id=generation_id).status_code == 404
    assert client.get(f"/v1/generations/{generation_id}/images/0/scores").status_code == 404


def test_key_has_so_many_exports_under_way_and_others_are_answered_meanwhile(client: TestClient) -> None:
    file_id = icon_file(client)
    statuses: list[tuple[int, str]] = []

    def ask_at_once() -> None:
        answer = ask(client, file_id=file_id, platforms=["android", "ios"])
        statuses.append((answer.status_code, answer.json()["error"]["code"] if answer.is_error else ""))

    threads = [threading.Thread(target=ask_at_once) for _ in range(6)]
    for thread in threads:
        thread.start()
    num_answered = 0
    while any(thread.is_alive() for thread in threads):
        assert client.get("/healthz").status_code == 200
        num_answered += 1
    assert sorted(set(statuses)) == [(200, ""), (429, "too_many_exports")]
    assert num_answered >= 3
    assert ask(client, file_id=file_id).status_code == 200  # the places are free again
