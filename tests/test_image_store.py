"""The image store: whole images or none, in a folder and in an object store."""

import io
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from deployments.errors import Unavailable
from deployments.image_store import ImageStore
from deployments.object_store import PART_BYTES
from tests.graph import free_port


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    if request.param == "s3":
        return ImageStore(f"{request.getfixturevalue('s3_url')}/{uuid.uuid4().hex}")
    return ImageStore(f"file://{tmp_path}/images")


class Broken(io.BytesIO):
    """Ends with a failure, as an upload whose sender is gone."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size) or self._fail()

    def _fail(self) -> bytes:
        raise OSError("no more")


def test_what_is_put_is_got_until_it_is_deleted(store: ImageStore) -> None:
    store.put("gen_1/0.png", b"pixels")
    assert store.get("gen_1/0.png") == b"pixels"
    store.put("gen_1/0.png", b"again")  # a request that runs again writes the same place
    assert store.get("gen_1/0.png") == b"again"
    store.put("gen_1/1.png", b"other")
    for _ in range(2):
        store.delete("gen_1/0.png")
    for read in (store.get, lambda key: next(store.chunks(key))):
        with pytest.raises(FileNotFoundError):
            read("gen_1/0.png")
    assert store.get("gen_1/1.png") == b"other"


def test_what_is_too_large_for_memory_comes_and_goes_in_parts(store: ImageStore) -> None:
    content = os.urandom(PART_BYTES + 1_000_000)
    file = io.BytesIO(b"before" + content)
    file.seek(6)
    store.put_file("files/1.zip", file)
    assert b"".join(store.chunks("files/1.zip")) == content == store.get("files/1.zip")
    store.put_file("files/2.zip", io.BytesIO(b"small"))
    assert store.get("files/2.zip") == b"small"


@pytest.mark.parametrize("size_bytes", [10, PART_BYTES + 10])
def test_what_breaks_off_is_never_seen(store: ImageStore, size_bytes: int) -> None:
    with pytest.raises((OSError, Unavailable)):
        store.put_file("files/1.zip", Broken(bytes(size_bytes)))
    with pytest.raises(FileNotFoundError):
        store.get("files/1.zip")


def test_many_may_put_the_same_image_at_once(store: ImageStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.put("gen_1/0.png", b"pixels" * 10_000), range(64)))
    assert store.get("gen_1/0.png") == b"pixels" * 10_000


def test_nothing_partial_is_left_beside_an_image(tmp_path: Path) -> None:
    ImageStore(f"file://{tmp_path}").put("gen_1/0.png", b"pixels")
    assert [path.name for path in (tmp_path / "gen_1").iterdir()] == ["0.png"]


def test_what_a_crash_has_left_goes_with_the_image(tmp_path: Path) -> None:
    store = ImageStore(f"file://{tmp_path}")
    store.put("gen_1/0.png", b"pixels")
    store.put("gen_1/10.png", b"other pixels")
    for left in ("0.png.0123456789abcdef.partial", "0.png.partial"):
        (tmp_path / "gen_1" / left).write_bytes(b"pix")
    store.delete("gen_1/0.png")
    assert [path.name for path in (tmp_path / "gen_1").iterdir()] == ["10.png"]


def test_object_store_that_is_away_or_lacks_the_bucket_is_told_from_an_image_that_is(
    s3_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Unavailable) as refused:
        ImageStore(f"{s3_url}-elsewhere/images").put("gen_1/0.png", b"pixels")
    assert refused.value.code == "image_store_unavailable"
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    S3FileSystem.clear_instance_cache()  # what has been opened knows where it is
    away = ImageStore(f"{s3_url}/images")
    S3FileSystem.clear_instance_cache()
    for ask in (lambda: away.get("gen_1/0.png"), lambda: away.delete("gen_1/0.png"), lambda: away.put("a/0.png", b"")):
        with pytest.raises(Unavailable):
            ask()


def test_store_that_nothing_here_knows_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="ftq"):
        ImageStore("ftq://host/images")
