"""The doctor, by breaking each thing that it looks at."""

import http.server
import json
import os
import shutil
import ssl
import stat
import subprocess
import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from redis import Redis

from serve_app.doctor.machine import check_disk, check_gpu, check_model, check_versions, free_disk_bytes
from serve_app.doctor.redis import check_redis
from serve_app.doctor.service import Addresses, check_deployments, check_gateway, check_key, check_ray
from serve_app.settings import AppArgs
from tests.door import Door, listening
from tests.graph import free_port

Answer = namedtuple("Answer", "status body")


@contextmanager
def server(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Some HTTP server that gives one answer to everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        if context:
            listener.socket = context.wrap_socket(listener.socket, server_side=True)
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.server_port}"
        listener.shutdown()


def at(url: str = "http://127.0.0.1:1", api_key: str = "", dashboard_url: str = "http://127.0.0.1:1") -> Addresses:
    return Addresses(url, api_key, dashboard_url, ray_token="")


def test_versions_are_compared_with_their_floors() -> None:
    assert check_versions(version).state == "ok"
    old = check_versions(lambda package: "12.2.0" if package == "pillow" else version(package))
    assert (old.state, old.detail) == ("broken", "pillow 12.2.0 is below 12.3")

    def missing(package: str) -> str:
        raise PackageNotFoundError(package)

    assert "ray is missing" in check_versions(missing).detail


def test_disk_is_looked_at_where_the_data_will_be(tmp_path: Path) -> None:
    args = AppArgs(data_dir=tmp_path / "not" / "yet")
    assert check_disk(args, free_disk_bytes).state == "ok"
    full = check_disk(args, lambda folder: 1e9 if folder == tmp_path else 0)
    assert (full.state, full.detail) == ("broken", f"1.0 GB free at {tmp_path}")


def test_model_missing_damaged_pickled_or_random_is_told(models_dir: Path, tmp_path: Path) -> None:
    assert check_model(AppArgs(models_dir=models_dir)).state == "warning"
    assert "RANDOM" in check_model(AppArgs(models_dir=models_dir)).cause
    missing = check_model(AppArgs(models_dir=tmp_path, profile="sdxl"))
    assert (missing.state, missing.next_command) == ("broken", "emblem models pull sdxl")
    shutil.copytree(models_dir / "starter", tmp_path / "starter")
    weights = tmp_path / "starter" / "unet" / "diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    damaged = check_model(AppArgs(models_dir=tmp_path))
    assert damaged.state == "broken" and "unet/diffusion_pytorch_model.safetensors" in damaged.detail


@pytest.mark.parametrize(
    ("script", "state", "detail"),
    [
        ("echo 'NVIDIA L40S, 45000, 46068'", "ok", "45000 of 46068"),
        ("echo 'NVIDIA L40S, 45000, 46068'; echo 'NVIDIA L4, 1, 2'", "ok", "45000 of 46068"),
        ("echo 'NVIDIA L4, 3000, 23034'", "broken", "3000 of 23034"),
        ("echo 'driver mismatch' >&2; exit 9", "broken", "does not answer"),
        (None, "broken", "does not answer"),
    ],
)
def test_gpu_memory_is_asked_for_where_the_profile_wants_one(
    script: str | None, state: str, detail: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_gpu(AppArgs(profile="starter")).state == "ok"
    if script:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    finding = check_gpu(AppArgs(profile="sdxl"))
    assert (finding.state, detail in finding.detail) == (state, True), finding


def test_gateway_refused_foreign_and_healthy_are_told_apart(door: Door) -> None:
    refused = check_gateway(at(f"http://127.0.0.1:{free_port()}"))
    assert (refused.state, refused.next_command) == ("broken", "make run")
    for foreign_answer in (Answer(200, b"<html>"), Answer(404, b"{}"), Answer(200, b"[]")):
        with server(foreign_answer) as url:
            foreign = check_gateway(at(url))
            assert (foreign.state, "another program" in foreign.cause) == ("broken", True)
            assert url.rsplit(":", 1)[1] in foreign.next_command
    with listening(door.api) as url:
        assert check_gateway(at(url)).state == "ok"


def test_tls_mistakes_are_named_in_both_directions(door: Door, tmp_path: Path) -> None:
    with listening(door.api) as url:
        finding = check_gateway(at(url.replace("http:", "https:")))
        assert finding.state == "broken" and finding.cause.startswith("TLS")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1",
         "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with server(Answer(200, b"{}"), context) as url:
        assert check_gateway(at(url)).cause.startswith("TLS")  # a certificate that nobody trusts
        plain = check_gateway(at(url.replace("https:", "http:")))
        assert plain.state == "broken" and "https" in plain.cause


def test_key_missing_wrong_too_narrow_and_good_are_told_apart(door: Door) -> None:
    with TestClient(door.api) as client:
        admin = {"authorization": f"Bearer {door.admin_key}"}
        body = {"name": "trainer", "scopes": ["train"]}
        narrow_key = client.post("/v1/keys", json=body, headers=admin).json()["key"]
    assert "no API key" in check_key(at(api_key="")).detail
    assert "not checked" in check_key(at(api_key="emb_x")).detail
    with listening(door.api) as url:
        assert check_key(at(url, door.admin_key)).state == "ok"
        assert "401" in check_key(at(url, "emb_wrong")).detail
        assert "403" in check_key(at(url, narrow_key)).detail


def test_ray_absent_and_ray_locked_are_told_apart() -> None:
    absent = check_ray(at())
    assert (absent.state, absent.next_command) == ("broken", "make run")
    with server(Answer(401, b"no token")) as url:
        locked = check_ray(at(dashboard_url=url))
        assert locked.state == "broken" and "RAY_AUTH_TOKEN" in locked.cause
    with server(Answer(200, b'{"ray_version": "2.60.0"}')) as url:
        assert check_ray(at(dashboard_url=url)).state == "ok"


@pytest.mark.parametrize(
    ("status", "message", "state", "cause"),
    [
        ("HEALTHY", "", "ok", ""),
        ("UPDATING", "Deployment 'Icon' in application 'emblem' has 1 replicas that have taken more than 30s to be "
         'scheduled. Resources required for each replica: {"CPU": 1, "GPU": 0.6}', "broken", "GPU share"),
        ("UNHEALTHY", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "broken", "out of"),
        ("DEPLOY_FAILED", "deployments.errors.ModelFolderError: the model folder /m does not load", "broken", "model"),
        ("UNHEALTHY", "A replica's health check failed. Deployment will be UNHEALTHY", "broken", "stuck"),
        ("UPDATING", "", "broken", "starting"),
    ],
)  # fmt: skip
def test_what_serve_says_of_a_deployment_gets_its_likely_cause(
    status: str, message: str, state: str, cause: str
) -> None:
    replicas = [{"state": "RUNNING" if state == "ok" else "STARTING"}]
    icon = {"status": status, "message": message, "replicas": replicas}
    body = {"applications": {"emblem": {"message": "", "deployments": {"Icon": icon}}}}
    with server(Answer(200, json.dumps(body).encode())) as url:
        (finding,) = check_deployments(at(dashboard_url=url))
    assert (finding.subject, finding.state, cause in finding.cause) == ("Icon", state, True), finding


def test_no_deployment_at_all_is_told() -> None:
    for answer in (Answer(200, b'{"applications": {}}'), Answer(500, b""), Answer(200, b"<html>")):
        with server(answer) as url:
            (finding,) = check_deployments(at(dashboard_url=url))
        assert (finding.state, finding.next_command) == ("broken", "make run")


def test_redis_is_told_by_its_place_and_version_and_never_by_its_password(redis_url: str) -> None:
    place = redis_url.removeprefix("redis://")
    good = check_redis(f"{redis_url}/0")
    assert good.state == "ok" and good.detail.startswith(f"{place} answers, version ")
    with Redis.from_url(redis_url) as redis:
        redis.config_set("requirepass", "another")
        locked = [check_redis(url) for url in (redis_url, f"redis://:secret-word@{place}")]
        redis.config_set("requirepass", "")
    assert {finding.detail for finding in locked} == {f"{place} refuses the password"}
    for url, detail in (
        (f"redis://:secret-word@127.0.0.1:{free_port()}", "does not answer"),
        ("http://:secret-word@127.0.0.1", "not checked"),
    ):
        finding = check_redis(url)
        assert (finding.state, detail in finding.detail) == ("broken", True), finding
        assert "secret-word" not in f"{finding} {locked}"


def test_command_prints_each_finding_and_fails_when_one_is_broken(tmp_path: Path) -> None:
    from tests.graph import BIN, environment

    environment_ = environment(tmp_path) | {
        "EMBLEM_URL": f"http://127.0.0.1:{free_port()}",
        "RAY_API_SERVER_ADDRESS": f"http://127.0.0.1:{free_port()}",
        "EMBLEM_REDIS_URL": f"redis://127.0.0.1:{free_port()}",
    }
    done = subprocess.run([BIN / "emblem", "doctor"], env=environment_, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 1
    broken = [f"broken  {subject}" for subject in ("model", "gateway", "redis")]
    for words in ("ok  versions", *broken, "make run", "refused", "no API key"):
        assert words in done.stdout, done.stdout
    assert stat.S_ISDIR(tmp_path.stat().st_mode) and not list(tmp_path.iterdir())  # it only looks
