"""Webhooks: the end of a generation, told once to a public address, signed, and tried again where that fails."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore
import openai
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

from deployments.errors import GenerationFailed, InvalidRequest
from serve_app.webhooks.address import CheckedBackend, WebhookRules
from tests.door import WEBHOOK_BACKOFF_S, Door, build_door, listening
from tests.generations import hold, read, release, submit, until

DAY = timedelta(days=1)
LOCAL = WebhookRules(may_be_local=True)
NOT_PUBLIC = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1",
    "198.18.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]",
    "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[2001:db8::1]", "[2606:4700::5efe:7f00:1]", "localhost", "localhost.",
    "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "%6cocalhost", "①②⑦.⓪.⓪.①",
]  # fmt: skip


class Receiver:
    """Answers with `statuses`, then 204."""

    def __init__(self) -> None:
        self.api = FastAPI()
        self.api.post("/hook")(self._take)
        self.api.post("/elsewhere")(self._take)
        self.statuses: list[int] = []
        self.is_endless = False
        self.got: list[tuple[str, dict[str, str], str]] = []
        self.url = ""

    async def _take(self, request: Request) -> Response:
        self.got.append((request.url.path, dict(request.headers), (await request.body()).decode()))
        if self.is_endless:
            return StreamingResponse(self._forever())
        status = self.statuses.pop(0) if self.statuses else 204
        return Response(status_code=status, headers={"location": "/elsewhere"} if status // 100 == 3 else {})

    def _forever(self) -> Iterator[bytes]:
        while True:
            yield b"a" * 1000
            time.sleep(0.01)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver.api) as url:
        receiver.url = f"{url}/hook"
        yield receiver


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return build_door(tmp_path, webhook_rules=LOCAL)


def told(client: TestClient, generation_id: str, *statuses: str) -> dict[str, Any]:
    deadline_s = time.monotonic() + 20
    while (state := read(client, generation_id)["webhook"])["status"] not in statuses:
        assert time.monotonic() < deadline_s, state
        time.sleep(0.02)
    found: dict[str, Any] = state
    return found


def first_error(client: TestClient, generation_id: str) -> str:
    deadline_s = time.monotonic() + 20
    while not (error := read(client, generation_id)["webhook"]["error"]):
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    return str(error)


def ends(client: TestClient, door: Door, outcome: str, url: str) -> str:
    if outcome == "failed":
        door.services["icon"].failure = GenerationFailed("no luck")
    if outcome in ("cancelled", "expired"):
        hold(door)
    job = submit(client, webhook_url=url)
    if outcome == "cancelled":
        client.post(f"/v1/generations/{job['id']}/cancel").raise_for_status()
    return str(until(client, job["id"], outcome)["id"])


@pytest.mark.parametrize("outcome", ["completed", "failed", "cancelled"])
def test_end_is_told_once_by_two_gateways_and_openais_client_knows_its_signature(
    client: TestClient, door: Door, receiver: Receiver, outcome: str
) -> None:
    with TestClient(build_door(door.data_dir, webhook_rules=LOCAL).api):
        generation_id = ends(client, door, outcome, receiver.url)
        assert told(client, generation_id, "delivered", "failed") == {
            "status": "delivered", "num_tries": 1, "error": None,
        }  # fmt: skip
        time.sleep(0.3)  # six more looks
    (_, headers, content), *more = receiver.got
    assert not more
    ours = openai.OpenAI(api_key="-", webhook_secret=client.get("/v1/webhook-secret").json()["secret"])
    ours.webhooks.verify_signature(content, headers)
    event = ours.webhooks.unwrap(content, headers).to_dict()
    assert (event["id"], event["type"]) == (headers["webhook-id"], f"generation.{outcome}")
    assert event["data"] == {"id": generation_id, "status": outcome}
    with pytest.raises(openai.InvalidWebhookSignatureError):
        ours.webhooks.verify_signature(content.replace("gen_", "gen-"), headers)
    release(door)


def test_secret_is_the_keys_own(client: TestClient, receiver: Receiver) -> None:
    second = {"authorization": f"Bearer {client.post('/v1/keys', json={'name': 'ci'}).json()['key']}"}
    told(client, submit(client, second, webhook_url=receiver.url)["id"], "delivered")
    secrets = [client.get("/v1/webhook-secret", headers=headers).json()["secret"] for headers in ({}, second)]
    _, headers, content = receiver.got[0]
    openai.OpenAI(api_key="-").webhooks.verify_signature(content, headers, secret=secrets[1])
    with pytest.raises(openai.InvalidWebhookSignatureError):
        openai.OpenAI(api_key="-").webhooks.verify_signature(content, headers, secret=secrets[0])


def test_what_fails_is_tried_again_as_the_same_event_and_redirects_are_not_followed(
    client: TestClient, receiver: Receiver
) -> None:
    receiver.statuses = [500, 307]
    state = told(client, submit(client, webhook_url=receiver.url)["id"], "delivered", "failed")
    assert (state["status"], state["num_tries"]) == ("delivered", 3)
    assert [path for path, _, _ in receiver.got] == ["/hook"] * 3
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1


def test_it_is_given_up_after_its_tries_and_the_job_says_so(client: TestClient, receiver: Receiver) -> None:
    receiver.statuses = [503] * 9
    job = submit(client, webhook_url=receiver.url)
    tries = len(WEBHOOK_BACKOFF_S) + 1
    expected = {"status": "failed", "num_tries": tries, "error": "it answered 503"}
    assert told(client, job["id"], "failed") == expected
    assert (len(receiver.got), read(client, job["id"])["status"]) == (tries, "completed")


def test_end_that_comes_after_a_restart_is_told(tmp_path: Path, receiver: Receiver) -> None:
    door = build_door(tmp_path, webhook_rules=LOCAL)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        hold(door)
        job = submit(client, webhook_url=receiver.url)
        assert job["webhook"] == {"status": "waiting", "num_tries": 0, "error": None}
    assert not receiver.got
    with TestClient(build_door(tmp_path, webhook_rules=LOCAL).api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        told(client, job["id"], "delivered")
    assert len(receiver.got) == 1


def test_answer_is_not_read_and_silence_is_not_waited_for(client: TestClient, receiver: Receiver) -> None:
    receiver.is_endless = True
    assert told(client, submit(client, webhook_url=receiver.url)["id"], "delivered", "failed")["status"] == "delivered"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        assert first_error(client, submit(client, webhook_url=url)["id"]) == "no answer within 3 s"


def test_receiver_whose_certificate_nobody_vouches_for_is_told_nothing(client: TestClient, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed("127.0.0.1", tmp_path))
    refusals: list[OSError] = []

    def serve() -> None:
        with listener.accept()[0] as connection, pytest.raises(OSError) as refused:
            context.wrap_socket(connection, server_side=True).recv(1)
        refusals.append(refused.value)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        job = submit(client, webhook_url=f"https://127.0.0.1:{listener.getsockname()[1]}/")
        assert first_error(client, job["id"]) == "no connection"
        thread.join()
    assert len(refusals) == 1  # it was sent nothing


def self_signed(name: str, folder: Path) -> Path:
    """Certificate and key in one file."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now, now + DAY)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))])
    certificate = built.add_extension(names, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return path


@pytest.mark.parametrize("host", NOT_PUBLIC)
async def test_nothing_connects_to_an_address_that_is_not_public(host: str) -> None:
    rules = WebhookRules()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        with pytest.raises((InvalidRequest, httpcore.ConnectError)) as refused:
            rules.check(f"https://{host}:{port}/")
            await CheckedBackend(rules).connect_tcp(host.strip("[]"), port, timeout=2)
        with pytest.raises(BlockingIOError):
            listener.accept()
    if "127.0.0.1" in host and isinstance(refused.value, httpcore.ConnectError):
        assert "127.0.0.1" not in str(refused.value)


async def test_public_addresses_pass() -> None:
    for host in ("1.1.1.1", "[2606:4700:4700::1111]", "hooks.example.com"):
        WebhookRules().check(f"https://{host}/path?query=1")


def test_name_that_leads_inside_is_found_out_when_it_is_tried(tmp_path: Path) -> None:
    door = build_door(tmp_path)
    with TestClient(door.api) as client, socket.create_server(("127.0.0.1", 0)) as listener:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        job = submit(client, webhook_url=f"https://localhost:{listener.getsockname()[1]}/")
        assert told(client, job["id"], "failed")["error"] == "its address is not public"
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
