"""Uploaded files through the door: kept clean, once each, for their owner alone, until they are deleted."""

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openai
import pytest
from fastapi.testclient import TestClient

from tests.door import Door, build_door, listening
from tests.pictures import encoded, opened, picture, png, with_metadata
from tests.uploads import edited, upload, uploaded
from tests.users import as_user, new_user


@pytest.fixture
def other(client: TestClient) -> dict[str, str]:
    """The headers of another user."""
    return as_user(client, new_user(client, "other"))


def stored(door: Door) -> list[Path]:
    return [path for path in (door.data_dir / "images").rglob("*") if path.is_file()]


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_image_is_kept_upright_without_its_metadata(client: TestClient, output_format: str) -> None:
    file = uploaded(client, with_metadata(output_format, orientation=6), filename=f"photo.{output_format}")
    assert (file["object"], file["filename"], file["size"]) == ("file", f"photo.{output_format}", "64x96")
    answer = client.get(f"/v1/files/{file['id']}/content")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert b"SECRET" not in answer.content and not opened(answer.content).getexif()
    assert opened(answer.content).size == (64, 96)
    assert (hashlib.sha256(answer.content).hexdigest(), len(answer.content)) == (file["sha256"], file["bytes"])
    assert answer.headers["etag"] == f'"{file["sha256"]}"' and "private" in answer.headers["cache-control"]
    assert client.get(f"/v1/files/{file['id']}").json() == file


def test_same_pixels_again_are_the_same_file_and_another_keys_are_not(
    client: TestClient, door: Door, other: dict[str, str]
) -> None:
    first = uploaded(client, png())
    again = upload(client, encoded(picture(), compress_level=0), filename="copy.png")
    assert (again.status_code, again.json()) == (200, first)
    assert upload(client, png(), other).json()["id"] != first["id"]
    assert len(stored(door)) == 2


def test_many_uploads_of_one_image_at_once_are_one_file(client: TestClient, door: Door) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: upload(client, png()), range(12)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(stored(door)) == 1


def test_list_is_the_keys_own_page_by_page(client: TestClient, other: dict[str, str]) -> None:
    ids = [uploaded(client, png(64 + index), purpose="mask" if index == 1 else "reference")["id"] for index in range(5)]
    uploaded(client, png(), headers=other)
    pages, query = [], {"limit": "2"}
    while True:
        page = client.get("/v1/files", params=query).json()
        pages += [file["id"] for file in page["data"]]
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        if not page["has_more"]:
            break
        query["after"] = page["last_id"]
    assert pages == ids[::-1]
    assert [file["id"] for file in client.get("/v1/files?purpose=mask").json()["data"]] == [ids[1]]
    assert client.get("/v1/files?purpose=control").json() == {
        "object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None,
    }  # fmt: skip


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "purpose=batch", "after=file_x"])
def test_bad_query_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/files?{query}")
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, query.partition("=")[0])


@pytest.mark.parametrize("file_id", ["%0A", "%F0%9F%A6%8A", "x" * 65])
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/content"), ("DELETE", "")])
def test_id_that_can_be_none_is_refused(client: TestClient, method: str, path: str, file_id: str) -> None:
    answer = client.request(method, f"/v1/files/{file_id}{path}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, "invalid_value", "file_id")


def test_nobody_else_can_see_read_or_delete_it(client: TestClient, other: dict[str, str]) -> None:
    file = uploaded(client, png())
    path = f"/v1/files/{file['id']}"
    for method, url in (("GET", path), ("GET", f"{path}/content"), ("DELETE", path)):
        foreign = client.request(method, url, headers=other)
        missing = client.request(method, url.replace(file["id"], "file_none"), headers=other)
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "file_not_found")
        assert foreign.json()["error"]["message"].replace(file["id"], "file_none") == missing.json()["error"]["message"]
    assert client.get(f"/v1/files?after={file['id']}", headers=other).status_code == 400
    assert client.get(path).status_code == 200


def test_key_without_the_scope_uploads_nothing(client: TestClient, door: Door) -> None:
    key = client.post("/v1/keys", json={"name": "trainer", "scopes": ["train"]}).json()["key"]
    answer = upload(client, png(), {"authorization": f"Bearer {key}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insufficient_scope")
    assert not stored(door)


def test_deletion_leaves_neither_row_nor_content(client: TestClient, door: Door) -> None:
    file = uploaded(client, png())
    path = f"/v1/files/{file['id']}"
    assert client.delete(path).json() == {"id": file["id"], "object": "file", "deleted": True}
    for url in (path, f"{path}/content"):
        assert client.get(url).status_code == 404
    assert client.delete(path).status_code == 404
    assert not stored(door)
    assert uploaded(client, png())["id"] != file["id"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"), ("C:\\temp\\x.png", "x.png"), ("a\u202egnp.exe", "agnp.exe"),
        ("x" * 300 + ".png", "x" * 255), ("../\u200b\u2060", "image"), ("fox 🦊.png", "fox 🦊.png"),
    ],
)  # fmt: skip
def test_filename_is_only_shown(client: TestClient, door: Door, sent: str, kept: str) -> None:
    file = uploaded(client, png(), filename=sent)
    assert file["filename"] == kept
    assert [path.name for path in stored(door)] == [f"{file['id']}.png"]


def test_key_has_so_much_space_and_deleting_gives_it_back(tmp_path: Path) -> None:
    first, second = png(256, 256), png(257, 257)
    door = build_door(tmp_path, max_stored_bytes=2000)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        kept = uploaded(client, first)
        refused = upload(client, second)
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], "2000" in error["message"]) == (429, "storage_quota_exceeded", True)
        assert refused.headers["x-should-retry"] == "false"
        assert len(stored(door)) == 1
        edited(client, png(258, 258))  # is bounded by what the key may draw
        client.delete(f"/v1/files/{kept['id']}")
        assert uploaded(client, second)["size"] == "257x257"


@pytest.fixture
def openai_client(door: Door) -> Iterator[openai.OpenAI]:
    with (
        listening(door.api) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=door.admin_key, max_retries=0) as client,
    ):
        yield client


def test_openai_client_uploads_lists_reads_and_deletes(openai_client: openai.OpenAI, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png())
    file = openai_client.files.create(file=tmp_path / "logo.png", purpose="vision")
    assert (file.filename, file.purpose, file.status) == ("logo.png", "vision", "processed")
    assert openai_client.files.create(file=io.BytesIO(png()), purpose="vision").id == file.id
    assert [one.id for one in openai_client.files.list()] == [file.id]
    assert openai_client.files.retrieve(file.id) == file
    assert opened(openai_client.files.content(file.id).read()).size == (96, 64)
    assert openai_client.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        openai_client.files.retrieve(file.id)
