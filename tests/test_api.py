"""What holds for every route: keys, envelopes, headers, limits, the OpenAPI document."""

import json
from pathlib import Path

import fastapi.routing
import fastapi.utils
import pytest
from fastapi.testclient import TestClient

from deployments.errors import Unavailable
from serve_app.api import MAX_BODY_BYTES
from tests.door import Door, build_door
from tests.write_openapi import COPY


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/", "/v1", "/v1//images/generations"])
def test_without_a_key_even_what_does_not_exist_is_401(client: TestClient, path: str) -> None:
    assert client.get(path, headers={"authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer emb_x", "Bearer " + "é" * 5, "Bearer emb_0000000000_" + "0" * 49],
)
def test_wrong_key_is_401_and_nothing_is_computed(client: TestClient, door: Door, header: str) -> None:
    response = client.post(
        "/v1/images/generations", content=b"{not json", headers={"authorization": header.encode("utf-8")}
    )
    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (401, "authentication_error")
    assert response.headers["www-authenticate"] == "Bearer"
    assert not door.services["icon"].requests


def test_unknown_path_and_method_are_in_the_envelope(client: TestClient) -> None:
    missing = client.get("/v1/nothing")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not_found")
    wrong = client.get("/v1/images/generations")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


def test_too_large_body_is_413_whether_its_length_is_declared_or_not(client: TestClient) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    declared = client.post("/v1/images/generations", content=body)
    streamed = client.post("/v1/images/generations", content=iter([body[:1000], body[1000:]]))
    for response in (declared, streamed):
        assert (response.status_code, response.json()["error"]["code"]) == (413, "payload_too_large")


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/healthz", "/v1/models", "/v1/nothing"):
        response = client.get(path)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
    assert client.get("/v1/models").headers["cache-control"] == "no-store"


def test_health_answers_and_readiness_names_what_is_missing(client: TestClient, door: Door) -> None:
    assert client.get("/healthz").json()["status"] == "ok"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["deployments"]["icon"]["weights"] == "random"
    door.services["icon"].failure = Unavailable("icon did not answer in time")
    broken = client.get("/readyz")
    assert (broken.status_code, broken.json()["status"]) == (503, "not_ready")
    deployments = broken.json()["deployments"]
    assert (deployments["icon"]["ready"], deployments["splash"]["ready"]) == (False, True)
    assert deployments["icon"]["reason"] == "icon did not answer in time"


def test_models_are_listed_with_their_sizes_and_version(client: TestClient) -> None:
    models = {model["id"]: model for model in client.get("/v1/models").json()["data"]}
    assert set(models) == {"icon", "splash"}
    assert models["icon"]["default_size"] in models["icon"]["sizes"]
    assert client.get("/v1/models/splash").json() == models["splash"]
    assert client.get("/v1/models/gpt-4").json()["error"]["code"] == "model_not_found"


def test_openapi_documents_keys_and_errors_of_every_v1_route(door: Door) -> None:
    document = door.api.openapi()
    assert document["components"]["securitySchemes"]
    for path, methods in document["paths"].items():
        for operation in methods.values():
            if path.startswith("/v1/"):
                assert operation["security"]
                assert {"400", "401", "403", "404", "500", "503"} <= set(operation["responses"])
    assert "HTTPValidationError" not in document["components"]["schemas"]  # FastAPI's own: ours has an envelope


def test_studio_is_served_at_the_root_or_its_absence_is_told(tmp_path: Path, client: TestClient) -> None:
    missing = client.get("/")
    assert (missing.status_code, "make studio" in missing.text) == (404, True)
    (tmp_path / "studio" / "assets").mkdir(parents=True)
    (tmp_path / "studio" / "index.html").write_text("<title>Studio</title>")
    with TestClient(build_door(tmp_path / "data", tmp_path / "studio").api) as with_studio:
        page = with_studio.get("/")
    assert "Studio" in page.text and "script-src 'self'" in page.headers["content-security-policy"]


def test_studios_copy_of_the_openapi_document_is_current(door: Door) -> None:
    """The studio's client is generated from it; renew it with `make openapi`."""
    assert json.loads(COPY.read_text()) == door.api.openapi()


def test_first_request_finds_every_route_built(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    monkeypatch.setattr(fastapi.utils, "create_model_field", lambda *_, **named: built.append(str(named)))
    monkeypatch.setattr(fastapi.routing, "get_dependant", lambda *_, path, **__: built.append(path))
    assert client.get("/v1/models").status_code == 200
    assert client.get("/healthz").status_code == 200
    assert not built
