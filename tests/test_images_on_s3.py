"""Images in an object store, through the door: drawn, uploaded, read, deleted, and what is said while it is away."""

import uuid
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.door import Door, build_door
from tests.generations import submit, until
from tests.pictures import masked, png
from tests.s3_server import objects
from tests.uploads import FILES, edited, upload, uploaded


@pytest.fixture
def prefix() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def door(tmp_path: Path, s3_url: str, prefix: str) -> Door:
    return build_door(tmp_path, image_store_url=f"{s3_url}/{prefix}")


def kept(prefix: str) -> set[str]:
    return {path.removeprefix(f"{prefix}/") for path in objects() if path.startswith(prefix)}


def test_images_files_and_thumbnails_are_kept_there_and_go_when_deleted(
    client: TestClient, door: Door, prefix: str
) -> None:
    job = until(client, submit(client, n=2)["id"], "completed")
    first, second = job["images"]
    content = client.get(first["url"])
    assert (content.status_code, content.headers["content-type"]) == (200, "image/png")
    assert client.get(second["thumbnail_url"]).headers["content-type"] == "image/webp"
    names = {f"{job['id']}/0.png", f"{job['id']}/1.png", f"{job['id']}/1.png.thumbnail.webp"}
    assert kept(prefix) == names and not (door.data_dir / "images").exists()

    file = uploaded(client, png())
    assert client.get(f"{FILES}/{file['id']}/content").status_code == 200
    assert upload(client, png()).json()["id"] == file["id"]  # each content once
    (name,) = kept(prefix) - names
    assert name.startswith("files/")
    client.delete(f"{FILES}/{file['id']}").raise_for_status()
    client.delete(f"/v1/generations/{job['id']}").raise_for_status()
    assert kept(prefix) == set()
    assert client.get(first["url"]).json()["error"]["code"] == "image_not_found"


def test_what_is_drawn_over_is_read_from_there(client: TestClient, door: Door, prefix: str) -> None:
    assert edited(client, png(), masked())["data"]
    (request,) = door.services["icon"].requests
    assert request.image and request.mask and {request.image.key, request.mask.key} <= kept(prefix)


def test_while_it_takes_nothing_callers_are_told_to_come_back_and_no_row_is_kept(tmp_path: Path, s3_url: str) -> None:
    door = build_door(tmp_path, image_store_url=f"{s3_url}-elsewhere/images")  # no such bucket
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        for answer in (upload(client, png()), client.post("/v1/images/generations", json={"prompt": "a"})):
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "image_store_unavailable")
            assert answer.headers["retry-after"]
        assert client.get(FILES).json()["data"] == []
