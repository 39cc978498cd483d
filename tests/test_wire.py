"""What only a socket can send: requests that end nowhere, say two things at once, or are no HTTP."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from serve_app.api import MAX_BODY_BYTES
from serve_app.envelope import respond_to_error
from serve_app.middleware import BodyLimit, RequestContext
from tests.door import Door, listening

BODY_TIMEOUT_S = 0.3


@pytest.fixture
def address(door: Door) -> Iterator[tuple[str, int]]:
    impatient = BodyLimit(door.api, MAX_BODY_BYTES, {}, BODY_TIMEOUT_S)
    with listening(RequestContext(impatient, respond_to_error)) as url:
        parts = urlsplit(url)
        yield str(parts.hostname), parts.port or 0


def exchange(address: tuple[str, int], sent: bytes) -> bytes:
    """All that is answered until the other side closes."""
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(sent)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def post(key: str, *headers: str, body: str = "") -> bytes:
    lines = ["POST /v1/generations HTTP/1.1", "Host: a", f"Authorization: Bearer {key}", "Connection: close",
             "Content-Type: application/json", *headers]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Transfer-Encoding: chunked", "Content-Length: 15"), '0\r\n\r\n{"prompt": "a"}'),  # B-003
        (("Content-Length: 15", "Content-Length: 2"), '{"prompt": "a"}'),  # B-004
        (("Content-Length: -1",), '{"prompt": "a"}'),  # B-005
        (("Content-Length: 1e3",), '{"prompt": "a"}'),
        (("Content-Length: 18446744073709551616",), '{"prompt": "a"}'),
    ],
)
def test_length_that_means_two_things_or_nothing_is_refused(
    address: tuple[str, int], door: Door, headers: tuple[str, ...], body: str
) -> None:
    answer = exchange(address, post(door.admin_key, *headers, body=body))
    assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413"))
    assert answer.count(b"HTTP/1.1") <= 1 and not door.services["icon"].requests


def test_body_that_does_not_come_is_not_waited_for(address: tuple[str, int], door: Door) -> None:
    started_s = time.monotonic()
    answer = exchange(address, post(door.admin_key, "Content-Length: 10", body="12345"))
    assert answer.startswith(b"HTTP/1.1 408") and b'"request_timeout"' in answer
    assert time.monotonic() - started_s < 5


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/models HTTP/1.0\r\n\r\n",
        b"GET /healthz\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nA: b\x00c\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(address: tuple[str, int], sent: bytes) -> None:
    answer = exchange(address, sent)
    assert not answer or answer.split()[1] in {b"400", b"401", b"404", b"405"}


def test_no_route_speaks_websocket(address: tuple[str, int], door: Door) -> None:
    upgrade = (
        "GET /v1/generations HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Authorization: Bearer {door.admin_key}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    assert exchange(address, upgrade.encode()).split()[1] in {b"400", b"403", b"404", b"426"}
