"""Data sets through the door: kept as they are, refused when they are none, and looked at before anything is learnt."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from serve_app.fine_tuning.check import DataSetCheck
from serve_app.intake.limits import ImageLimits
from tests.door import Door, build_door
from tests.fine_tuning import JOBS, data_set, discs, read_job, send_data, train, until, zipped
from tests.generations import PROMPT
from tests.pictures import png
from tests.style_pictures import disc
from tests.style_pictures import png as png_of
from tests.uploads import upload, uploaded
from tests.users import as_user, new_user


def stored(door: Door) -> list[Path]:
    return [path for path in (door.data_dir / "images").rglob("*") if path.is_file()]


def test_data_set_is_kept_as_it_is_until_it_is_deleted(client: TestClient, door: Door) -> None:
    content = zipped(discs())
    answer = send_data(client, content)
    file = answer.json()
    assert (answer.status_code, file["purpose"], file["size"], file["bytes"]) == (201, "dataset", None, len(content))
    again = send_data(client, content)
    assert (again.status_code, again.json()) == (200, file)
    sent_back = client.get(f"/v1/files/{file['id']}/content")
    assert (sent_back.content, sent_back.headers["content-type"]) == (content, "application/zip")
    assert [one["id"] for one in client.get("/v1/files?purpose=dataset").json()["data"]] == [file["id"]]
    assert client.delete(f"/v1/files/{file['id']}").status_code == 200
    assert not stored(door)


def test_data_set_may_be_larger_than_an_image_when_its_purpose_comes_first(client: TestClient, door: Door) -> None:
    content = zipped({"a.png": b"x"}) + bytes(ImageLimits().max_bytes)
    file = {"file": ("a.zip", content, "application/zip")}
    assert client.post("/v1/files", data={"purpose": "dataset"}, files=file).status_code == 201
    late = client.post("/v1/files", files={**file, "purpose": (None, "dataset")})
    other = client.post("/v1/files", data={"purpose": "reference"}, files=file)
    for refused in (late, other):
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "file_too_large")
    assert len(stored(door)) == 1


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "", 400, "empty_file"),
        (zipped({}), "", 400, "empty_dataset"),
        (png(), "", 415, "unsupported_archive"),
        (b"ustar" * 200, "", 415, "unsupported_archive"),
        (zipped(discs()), "image/png", 415, "unsupported_media_type"),
    ],
    ids=["nothing", "no entry", "a picture", "tar", "declared as a picture"],
)
def test_what_is_no_data_set_is_refused(
    client: TestClient, door: Door, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = send_data(client, content, kind=kind)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (status, code, "file")
    assert not stored(door)


def test_data_set_is_nothing_to_draw_over_or_to_export(client: TestClient) -> None:
    file_id = data_set(client)
    edit = client.post("/v1/images/edits", json={"prompt": PROMPT, "images": [{"file_id": file_id}]})
    export = client.post("/v1/exports", json={"file_id": file_id})
    for answer in (edit, export):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "not_an_image")
    picture = client.post(JOBS, json={"training_file": uploaded(client, png())["id"]})
    assert (picture.status_code, picture.json()["error"]["code"]) == (400, "not_a_dataset")


def test_each_purpose_has_its_scope_and_either_reads_and_deletes(client: TestClient, door: Door) -> None:
    user = new_user(client, "ada")
    trainer, drawer = as_user(client, user, "train"), as_user(client, user, "generate")
    for refused in (send_data(client, zipped(discs()), drawer), upload(client, png(), trainer)):
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
    assert not stored(door)
    file_id = data_set(client, headers=trainer)
    assert client.get(f"/v1/files/{file_id}", headers=drawer).status_code == 200
    assert client.delete(f"/v1/files/{file_id}", headers=trainer).status_code == 200


def lying(content: bytes, claimed_bytes: int) -> bytes:
    """A zip whose first entry claims another size."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    return content[: start + 24] + struct.pack("<I", claimed_bytes) + content[start + 28 :]


def bomb() -> dict[str, bytes]:
    return discs() | {"big.txt": bytes(30 << 20), "big.png": png_of(disc((1, 2, 3)))}


def silent() -> dict[str, bytes]:
    return {name: content for name, content in discs().items() if name.endswith(".png")}


def flat(side_px: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (side_px, side_px)).save(buffer, "PNG")
    return buffer.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (lambda: zipped(bomb()), "times as large as its compressed form"),
    "a name outside": (lambda: zipped(discs() | {"../../out.png": png()}), "no name in the data set's own folder"),
    "an absolute name": (lambda: zipped(discs() | {"/out.png": png()}), "no name in the archive's own folder"),
    "no captions": (lambda: zipped(silent()), "no picture has a caption"),
    "one picture": (lambda: zipped(discs(1)), "has 1 pictures, not 5 to 2000"),
    "a program": (lambda: zipped(discs() | {"a.py": b"print()"}), "'a.py' is none of"),
    "half a picture": (lambda: zipped(discs() | {"0.png": png()[:100]}), "'0.png' is no whole PNG, JPEG or WebP"),
    "a huge picture": (lambda: zipped(discs() | {"0.png": flat(6000)}), "more than 32000000"),
    "a caption twice": (lambda: zipped(discs() | {"x.txt": b"a"}), "belongs to 0 pictures"),
    "a caption of bytes": (lambda: zipped(discs() | {"0.txt": b"\xff\xfe"}), "is not UTF-8"),
    "a false size": (lambda: lying(zipped(discs()), 1 << 30), "has 1073741824 bytes"),
    "half an archive": (lambda: zipped(discs())[:-200], "not a zip archive"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_data_set_fails_its_job_and_leaves_nothing(client: TestClient, door: Door, name: str) -> None:
    content, words = BAD[name]
    job = train(client, content=content())
    error = until(client, job["id"], "failed")["error"]
    assert (error["code"], error["param"]) == ("invalid_dataset", "training_file")
    assert words in error["message"] and str(door.data_dir) not in error["message"], error
    assert not [*(door.data_dir / "fine_tuning").iterdir()]


def test_data_set_deleted_before_it_was_looked_at_fails_its_job(tmp_path: Path) -> None:
    sleepy = build_door(tmp_path, training_poll_s=3600)
    with TestClient(sleepy.api) as client:
        client.headers["authorization"] = f"Bearer {sleepy.admin_key}"
        job = train(client)
        client.delete(f"/v1/files/{job['training_file']}")
        assert read_job(client, job["id"])["status"] == "validating_files"
    with TestClient(build_door(tmp_path).api) as client:
        client.headers["authorization"] = f"Bearer {sleepy.admin_key}"
        error = until(client, job["id"], "failed")["error"]
    assert (error["code"], error["param"]) == ("file_not_found", "training_file")


@pytest.mark.parametrize("limits", [{"timeout_s": 0.05}, {"memory_bytes": 64 << 20}], ids=["time", "memory"])
def test_looking_takes_no_more_than_it_may(tmp_path: Path, limits: dict[str, Any]) -> None:
    door = build_door(tmp_path, check=DataSetCheck(**limits))
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        job = train(client)
        assert until(client, job["id"], "failed")["error"]["code"] == "dataset_processing_limit"
        assert read_job(client, job["id"])["started_at"] is None
