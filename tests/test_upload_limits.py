"""Uploads that are slow, many at once, break off, or take too much to decode; over a real socket where that decides."""

import dataclasses
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from PIL import Image

from serve_app.intake.decoder import ImageDecoder
from serve_app.intake.intake import MAX_UPLOADS, Intake
from serve_app.intake.limits import ImageLimits
from tests.door import Door, build_door, listening
from tests.pictures import encoded, picture, png
from tests.uploads import upload, uploaded
from tests.users import as_user, new_user

HALF = 3 * 1024 * 1024  # more than is kept in memory


@contextmanager
def open_door(door: Door) -> Iterator[httpx.Client]:
    with listening(door.api) as url:
        headers = {"authorization": f"Bearer {door.admin_key}"}
        with httpx.Client(base_url=url, headers=headers, timeout=20) as client:
            yield client


def begin_upload(client: httpx.Client) -> socket.socket:
    """Sends half of a form and stays on the line."""
    address = urlsplit(str(client.base_url))
    line = socket.create_connection((address.hostname, address.port))
    head = (
        "POST /v1/files HTTP/1.1\r\nHost: emblem\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Authorization: {client.headers['authorization']}\r\nContent-Length: {2 * HALF}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    line.sendall(head.encode() + bytes(HALF))
    return line


def spooled() -> set[str]:
    """Files without a name in the folder for such, that this process has open: gone once it lets go of them."""
    links = set()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the look itself
            links.add(os.readlink(link))
    return {link for link in links if link.startswith(f"{tempfile.gettempdir()}/#")}


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


def test_key_has_so_many_uploads_at_once_and_those_that_vanish_are_forgotten(door: Door) -> None:
    with open_door(door) as client, ExitStack() as lines:
        uploaded(client, png(128, 128))
        before = spooled()
        for _ in range(MAX_UPLOADS):
            lines.enter_context(begin_upload(client))

        def is_refused() -> bool:
            lines.enter_context(begin_upload(client))  # the try before may have taken the place of one of the others
            return upload(client, png()).status_code == 429

        until(is_refused)
        refused = upload(client, png())
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_uploads")
        assert refused.headers["retry-after"] == "1"
        assert upload(client, png(), as_user(client, new_user(client, "other"))).status_code == 201
        lines.close()
        until(lambda: spooled() <= before)
        assert upload(client, png()).is_success
        assert len(list((door.data_dir / "images").rglob("*.png"))) == 3


def test_body_that_comes_too_slowly_is_given_up(tmp_path: Path) -> None:
    intake = Intake(ImageDecoder(ImageLimits(), num_processes=1), read_timeout_s=0.5)
    with open_door(build_door(tmp_path, intake=intake)) as client, begin_upload(client) as line:
        line.settimeout(10)
        answer = line.recv(65536)
        while b"}" not in answer:
            answer += line.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408") and b'"request_timeout"' in answer
        uploaded(client, png())


def test_image_that_takes_too_long_is_refused_and_the_next_is_taken(tmp_path: Path) -> None:
    limits = dataclasses.replace(ImageLimits(), decode_s=0.3)
    with open_door(build_door(tmp_path, intake=Intake(ImageDecoder(limits, num_processes=1)))) as client:
        slow = upload(client, encoded(Image.new("RGB", (5600, 5600), "teal"), compress_level=1))
        assert (slow.status_code, slow.json()["error"]["code"]) == (400, "image_processing_limit")
        assert "0.3 s" in slow.json()["error"]["message"]
        uploaded(client, png())


def test_openai_client_is_told_that_its_file_is_too_large(door: Door) -> None:
    with (
        open_door(door) as http,
        openai.OpenAI(base_url=f"{http.base_url}/v1", api_key=door.admin_key, max_retries=0) as client,
    ):
        for num_bytes, code in ((21 << 20, "file_too_large"), (60 << 20, "payload_too_large")):
            with pytest.raises(openai.APIStatusError) as refused:
                client.images.edit(image=png() + bytes(num_bytes), prompt="a")
            assert (refused.value.status_code, refused.value.code) == (413, code)
        with pytest.raises(openai.BadRequestError) as small:
            client.images.edit(image=png(), mask=encoded(picture(64, 64)), prompt="a")
        assert (small.value.code, small.value.param) == ("mask_size_mismatch", "mask")
