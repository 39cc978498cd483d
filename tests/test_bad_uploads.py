"""Files and forms that no one should send, through the door: each is refused by its code, and leaves nothing."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from serve_app.api import MAX_UPLOADS_BYTES
from serve_app.intake.limits import ImageLimits
from tests.door import Door, build_door
from tests.pictures import animated, chunk, encoded, picture, png, png_of, text_bomb, webp_header
from tests.uploads import EDITS, FILES, VARIATIONS

BOUNDARY = "bound"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
FIELDS: dict[str, dict[str, str]] = {FILES: {"purpose": "reference"}, EDITS: {"prompt": "a"}, VARIATIONS: {}}
IMAGE = {FILES: "file", EDITS: "image", VARIATIONS: "image"}

Send = Callable[[TestClient, str], httpx.Response]


def file_of(content: bytes, media_type: str = "application/octet-stream", filename: str = "logo.png") -> Send:
    def send(client: TestClient, path: str) -> httpx.Response:
        return client.post(path, data=FIELDS[path], files={IMAGE[path]: (filename, content, media_type)})

    return send


def part(name: str, content: bytes, filename: str | None = None, *headers: str) -> bytes:
    named = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {named}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content + b"\r\n"


def form(*parts: bytes, end: bytes = f"--{BOUNDARY}--\r\n".encode(), media_type: str = FORM) -> Send:
    """The route's own image and fields, then what is given."""

    def send(client: TestClient, path: str) -> httpx.Response:
        own = [
            part(IMAGE[path], png(), "logo.png"),
            *(part(name, text.encode()) for name, text in FIELDS[path].items()),
        ]
        return client.post(path, content=b"".join([*own, *parts]) + end, headers={"content-type": media_type})

    return send


def in_place_of_file(text: str) -> Send:
    return lambda client, path: client.post(
        path, files={name: (None, value) for name, value in (FIELDS[path] | {IMAGE[path]: text}).items()}
    )


def chunked(content: bytes) -> Send:
    """Without a declared length."""

    def send(client: TestClient, path: str) -> httpx.Response:
        def body() -> Iterator[bytes]:
            yield part(IMAGE[path], b"", "a.png")[:-2]
            for start in range(0, len(content), 65536):
                yield content[start : start + 65536]

        return client.post(path, content=body(), headers={"content-type": FORM})

    return send


def without_file(client: TestClient, path: str) -> httpx.Response:
    return client.post(path, files={name: (None, value) for name, value in (FIELDS[path] | {"user": "a"}).items()})


LARGE = b"\x89PNG\r\n\x1a\n" + bytes(ImageLimits().max_bytes - 7)
CASES: dict[str, tuple[Send, int, str]] = {
    "no bytes": (file_of(b""), 400, "empty_file"),
    "a byte too many": (file_of(LARGE), 413, "file_too_large"),
    "a byte too many, chunked": (chunked(LARGE), 413, "file_too_large"),
    "declared as HTML": (file_of(png(), "text/html"), 415, "unsupported_media_type"),
    "declared as SVG": (file_of(png(), "image/svg+xml"), 415, "unsupported_media_type"),
    "declared as JPEG": (file_of(png(), "image/jpeg"), 400, "media_type_mismatch"),
    "declared as PNG": (file_of(encoded(picture(), "webp"), "image/png"), 400, "media_type_mismatch"),
    "SVG": (file_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 415, "unsupported_image_format"),
    "HTML": (file_of(b"<!doctype html><script>alert(1)</script>"), 415, "unsupported_image_format"),
    "PDF": (file_of(encoded(picture(), "pdf")), 415, "unsupported_image_format"),
    "EPS": (file_of(encoded(picture(), "eps")), 415, "unsupported_image_format"),
    "TIFF": (file_of(encoded(picture(), "tiff"), "image/png"), 415, "unsupported_image_format"),
    "GIF": (file_of(encoded(picture(), "gif"), "image/png"), 415, "unsupported_image_format"),
    "ICO": (file_of(encoded(picture(), "ico")), 415, "unsupported_image_format"),
    "JPEG 2000": (file_of(encoded(picture(), "jpeg2000")), 415, "unsupported_image_format"),
    "AVIF": (file_of(encoded(picture(), "avif")), 415, "unsupported_image_format"),
    "HEIC": (file_of(b"\0\0\0\x18ftypheic" + bytes(99)), 415, "unsupported_image_format"),
    "PSD": (file_of(b"8BPS\0\1" + bytes(99)), 415, "unsupported_image_format"),
    "FITS": (file_of(b"SIMPLE  =                    T" + bytes(99)), 415, "unsupported_image_format"),
    "half a PNG": (file_of(png()[: len(png()) // 2]), 400, "corrupt_image"),
    "half a JPEG": (file_of(encoded(picture(), "jpeg")[:400]), 400, "corrupt_image"),
    "half a WebP": (file_of(encoded(picture(), "webp")[:100]), 400, "corrupt_image"),
    "no pixels": (file_of(png_of(96, 64)), 400, "corrupt_image"),
    "a wrong checksum": (file_of(png().replace(b"IHDR", b"IHDS")), 400, "corrupt_image"),
    "0x0": (file_of(png_of(0, 0)), 400, "corrupt_image"),
    "60000x60000 by its header": (file_of(png_of(60_000, 60_000)), 400, "image_too_large"),
    "16000x16000 by its header": (file_of(webp_header(16_000)), 400, "image_too_large"),
    "33 megapixels": (file_of(encoded(Image.new("1", (5760, 5760)))), 400, "image_too_large"),
    "1x1": (file_of(png(1, 1)), 400, "image_too_small"),
    "63x63": (file_of(png(63, 63)), 400, "image_too_small"),
    "64x8192": (file_of(encoded(Image.new("1", (64, 8192)))), 400, "invalid_aspect_ratio"),
    "APNG": (file_of(animated("png")), 400, "animated_image"),
    "animated WebP": (file_of(animated("webp")), 400, "animated_image"),
    "a text bomb": (file_of(text_bomb()), 400, "corrupt_image"),
    "a profile bomb": (
        file_of(png_of(64, 64, chunk(b"iCCP", b"p\0\0" + b"x" * 5_000_000))), 400, "corrupt_image",
    ),
    "no boundary": (form(media_type="multipart/form-data"), 400, "invalid_multipart"),
    "a long boundary": (form(media_type=f"multipart/form-data; boundary={'b' * 8192}"), 400, "invalid_multipart"),
    "another boundary": (form(media_type="multipart/form-data; boundary=other"), 400, "invalid_multipart"),
    "never closed": (form(end=b""), 400, "invalid_multipart"),
    "broken off in a part": (form(part("user", b"a")[:-9], end=b""), 400, "invalid_multipart"),
    "a part without a name": (
        form(f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\na\r\n".encode()), 400, "invalid_multipart",
    ),
    "10000 headers in a part": (form(part("user", b"a", None, *["x-a: b"] * 10_000)), 400, "invalid_multipart"),
    "a header of 1 MB": (form(part("user", b"a", None, "x-a: " + "b" * 2**20)), 400, "invalid_multipart"),
    "two images": (form(part("image", png(), "a.png"), part("file", png(), "b.png")), 400, "invalid_multipart"),
    "a file where text belongs": (form(part("user", b"me", "me.txt")), 400, "invalid_multipart"),
    "21 fields": (form(*(part(f"f{number}", b"a") for number in range(21))), 400, "invalid_multipart"),
    "a field twice": (form(part("user", b"a"), part("user", b"b")), 400, "invalid_multipart"),
    "a field of 65 kB": (form(part("user", b"a" * 65_537)), 400, "invalid_multipart"),
    "an address for a file": (in_place_of_file("http://169.254.169.254/latest"), 400, "url_not_allowed"),
    "a path for a file": (in_place_of_file("file:///etc/passwd"), 400, "url_not_allowed"),
    "a data URL for a file": (in_place_of_file("data:image/png;base64,AAAA"), 400, "url_not_allowed"),
    "no file": (without_file, 400, "missing_parameter"),
    "an unknown field": (form(part("owner", b"admin")), 400, "unknown_parameter"),
    "text that is not UTF-8": (form(part("user", b"\xff")), 400, "invalid_multipart"),
    "a charset that is no text": (form(media_type=f"{FORM}; charset=punycode"), 415, "unsupported_media_type"),
    "urlencoded": (form(media_type="application/x-www-form-urlencoded"), 415, "unsupported_media_type"),
    "text": (form(media_type="text/plain"), 415, "unsupported_media_type"),
}  # fmt: skip


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Door:
    """One for all: each leaves it as it was."""
    return build_door(tmp_path_factory.mktemp("door"))


@pytest.fixture(scope="module")
def client(door: Door) -> Iterator[TestClient]:
    with TestClient(door.api, raise_server_exceptions=False) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        yield client


@pytest.mark.parametrize("path", [FILES, EDITS, VARIATIONS])
def test_body_too_large_is_refused_by_its_declared_length(client: TestClient, door: Door, path: str) -> None:
    headers = {"content-type": FORM, "content-length": str(MAX_UPLOADS_BYTES[path] + 1)}
    answer = client.post(path, content=b"", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "payload_too_large")
    assert not stored(door.data_dir)


@pytest.mark.parametrize("path", [FILES, EDITS, VARIATIONS])
@pytest.mark.parametrize(("send", "status", "code"), CASES.values(), ids=CASES.keys())
def test_bad_upload_is_refused_by_its_code_and_leaves_nothing(
    client: TestClient, door: Door, path: str, send: Send, status: int, code: str
) -> None:
    began_s = time.monotonic()
    answer = send(client, path)
    error: dict[str, Any] = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code), error
    assert (error["type"], set(error)) == ("invalid_request_error", {"message", "type", "param", "code"})
    assert time.monotonic() - began_s < 5
    assert not door.services["icon"].requests
    assert not client.get("/v1/files").json()["data"]
    assert not stored(door.data_dir)
    assert client.get("/readyz").status_code == 200


def stored(data_dir: Path) -> list[Path]:
    return [path for path in (data_dir / "images").rglob("*") if path.is_file()]
