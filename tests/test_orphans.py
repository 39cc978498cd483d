"""Files that no row names are collected once they are old, in a folder and in an object store; all others stay."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from serve_app.orphans import YOUNG, Orphans
from tests.door import Door, build_door
from tests.generations import submit, until
from tests.pictures import png
from tests.uploads import FILES, uploaded

GONE = ("gen_gone/0.png", "gen_gone/0.png.thumbnail.webp", "files/gone.png", "files/gone.zip.0a1b.partial")


@pytest.fixture(params=["file", "s3"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Door:
    if request.param == "s3":
        return build_door(tmp_path, image_store_url=f"{request.getfixturevalue('s3_url')}/{uuid.uuid4().hex}")
    return build_door(tmp_path)


def collect(client: TestClient, door: Door, min_age: timedelta) -> None:
    """What a gateway does every few hours."""
    context = door.api.state.context
    assert client.portal is not None
    client.portal.call(Orphans(context.database, context.image_store, min_age).collect)


def test_what_no_row_names_goes_once_it_is_old(client: TestClient, door: Door) -> None:
    job = until(client, submit(client)["id"], "completed")
    (image,), file = job["images"], uploaded(client, png())
    urls = (image["url"], image["thumbnail_url"], f"{FILES}/{file['id']}/content")
    assert [client.get(url).status_code for url in urls] == [200] * 3
    store = door.api.state.context.image_store
    for key in (*GONE, f"{job['id']}/7.png"):
        store.put(key, b"left")

    collect(client, door, YOUNG)
    assert store.get(GONE[0]) == b"left"
    collect(client, door, timedelta(0))
    for key in (*GONE, f"{job['id']}/7.png"):
        with pytest.raises(FileNotFoundError):
            store.get(key)
    assert [client.get(url).status_code for url in urls] == [200] * 3
