"""One trace for a request, from the door to the pixels; and none of it in anyone's way."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from deployments.engine.engine import Engine
from deployments.engine.equipment import equip
from deployments.engine.load import load_model
from deployments.host import Host
from deployments.image_store import ImageStore
from deployments.model_folder import read_manifest
from deployments.tracing import open_tracing
from tests.door import Door, build_door
from tests.generations import hold, submit, until
from tests.real_service import RealService
from tests.test_log import Lines, as_admin, lines  # noqa: F401  (a fixture)
from tests.trace_receiver import TraceReceiver, receiving

TRACE_ID, CALLER_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLERS = {"traceparent": f"00-{TRACE_ID}-{CALLER_ID}-01", "x-request-id": "mine-1"}
SECRET = "zebra under an umbrella"  # a prompt
ROUTE = "/v1/images/generations"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[TraceReceiver]:
    with receiving() as (receiver, url):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        yield receiver


def traced_door(tmp_path: Path) -> Door:
    return build_door(tmp_path, tracing=open_tracing("emblem-gateway"))


def ends(door: Door) -> None:
    door.api.state.context.tracing.close()


def test_one_trace_holds_the_request_its_waits_and_the_engines_work(
    receiver: TraceReceiver, tmp_path: Path, models_dir: Path
) -> None:
    door, service = traced_door(tmp_path), open_tracing("emblem-icon")
    manifest = read_manifest(models_dir / "starter")
    engine = Engine(equip(load_model(models_dir / "starter"), 16), max_rows=8, num_threads=1)
    engine.start()
    host = Host("icon", engine, manifest, ImageStore(f"file://{tmp_path}/images"), tracing=service)
    door.serve("icon", RealService(host))
    with as_admin(door) as client:
        answer = client.post(ROUTE, json={"prompt": SECRET, "num_inference_steps": 2, "seed": 1}, headers=CALLERS)
        assert answer.status_code == 200
    ends(door)
    host.close()
    spans = {span.name: span for span in receiver.spans if span.trace_id == TRACE_ID}
    parents = {name: next((n for n, s in spans.items() if s.span_id == span.parent_id), span.parent_id)
               for name, span in spans.items()}  # fmt: skip
    door_span = f"POST {ROUTE}"
    assert parents == {door_span: CALLER_ID} | dict.fromkeys(("admission", "queue", "call icon"), door_span) | {
        "draw icon": "call icon"
    } | dict.fromkeys(("wait", "encode", "denoise", "decode", "store"), "draw icon")
    at_the_door = spans[door_span]
    assert at_the_door.attributes == {
        "http.request.method": "POST", "http.route": ROUTE, "http.response.status_code": 200,
        "emblem.request_id": "mine-1",
    }  # fmt: skip
    assert answer.headers["traceparent"] == f"00-{TRACE_ID}-{at_the_door.span_id}-01"
    assert (spans["draw icon"].service, at_the_door.service) == ("emblem-icon", "emblem-gateway")
    assert spans["draw icon"].attributes["emblem.request_id"] == "mine-1"
    phases = [spans[name] for name in ("wait", "encode", "denoise", "decode", "store")]
    assert [phase.began_ns for phase in phases] == sorted(phase.began_ns for phase in phases)
    assert spans["draw icon"].began_ns <= phases[0].began_ns and phases[-1].ended_ns <= at_the_door.ended_ns
    assert not any(span.is_error for span in spans.values())
    for secret in (SECRET, door.admin_key, "authorization"):
        assert all(secret.encode() not in body for body in receiver.bodies)


def test_job_that_another_gateway_draws_later_keeps_its_trace(receiver: TraceReceiver, tmp_path: Path) -> None:
    door = traced_door(tmp_path)
    hold(door)
    with as_admin(door) as client:
        job = submit(client, CALLERS)
        until(client, job["id"], "in_progress")
    ends(door)
    another = traced_door(tmp_path)
    with as_admin(another) as client:
        until(client, job["id"], "completed")
    ends(another)
    asked = receiver.named("POST /v1/generations")
    calls = [span for span in receiver.spans if span.name == "call icon"]
    assert {(call.trace_id, call.parent_id) for call in calls} == {(TRACE_ID, asked.span_id)}
    assert [call.is_error for call in calls] == [True, False] and calls[1].began_ns > asked.ended_ns
    assert {call.attributes["emblem.generation_id"] for call in calls} == {job["id"]}
    assert len([span for span in receiver.spans if span.name == "queue"]) == 2


def test_refusals_and_failures_are_told_by_their_codes_alone(receiver: TraceReceiver, tmp_path: Path) -> None:
    door = traced_door(tmp_path)
    with as_admin(door) as client:
        made = client.post("/v1/keys", json={"name": "few", "limits": {"images_per_minute": 1}}).json()
        few = {"authorization": f"Bearer {made['key']}"}
        assert client.post(ROUTE, json={"prompt": "a", "n": 2}, headers=few).status_code == 429
        door.services["icon"].failure = RuntimeError(SECRET)
        assert client.post(ROUTE, json={"prompt": SECRET}).status_code == 500
        assert client.get(f"/v1/generations/{SECRET}").status_code == 404
    ends(door)
    refused, _ = [span for span in receiver.spans if span.name == "admission"]
    assert refused.attributes["error.type"] == "rate_limit_exceeded" and refused.is_error
    assert receiver.named("call icon").attributes["error.type"] == "RuntimeError"
    asked = {span.attributes["http.response.status_code"]: span for span in receiver.spans if span.name[:3] == "POS"}
    assert (asked[429].is_error, asked[500].is_error) == (False, True)
    assert receiver.named("GET /v1/generations/{generation_id}").attributes["http.response.status_code"] == 404
    assert all(SECRET.encode() not in body and made["key"].encode() not in body for body in receiver.bodies)


def test_sets_are_admitted_within_their_trace(receiver: TraceReceiver, tmp_path: Path) -> None:
    door = traced_door(tmp_path)
    with as_admin(door) as client:
        body = {"name": "app", "subjects": ["rocket", "leaf"]}
        assert client.post("/v1/icon-sets", json=body, headers=CALLERS).status_code == 202
        while any(one["status"] != "completed" for one in client.get("/v1/generations").json()["data"]):
            pass
    ends(door)
    spans = [span for span in receiver.spans if span.trace_id == TRACE_ID]
    assert [span.name for span in spans if span.name in ("admission", "call icon")] == ["admission", *["call icon"] * 2]


def test_receiver_that_hangs_or_is_away_is_nobodys_trouble(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes connections, and never answers
        for number, url in enumerate((f"http://127.0.0.1:{mute.getsockname()[1]}", "http://127.0.0.1:9")):
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
            door = traced_door(tmp_path / str(number))
            with as_admin(door) as client:
                for prompt in ("one", "two"):
                    assert client.post(ROUTE, json={"prompt": prompt}).status_code == 200
            ends(door)


def test_lines_of_the_log_name_the_trace(receiver: TraceReceiver, tmp_path: Path, lines: Lines) -> None:  # noqa: F811
    door = traced_door(tmp_path)
    door.services["icon"].failure = RuntimeError("broken")
    with as_admin(door) as client:
        client.post(ROUTE, json={"prompt": "a"}, headers=CALLERS)
    ends(door)
    assert receiver.spans
    said = [line for line in lines.about("mine-1") if line.endswith(f", trace_id={TRACE_ID}")]
    assert any("failed" in line for line in said) and said[-1].startswith(f"POST {ROUTE} 500")


def test_without_a_receiver_no_span_is_made_and_the_callers_trace_goes_on(client: TestClient, door: Door) -> None:
    answer = client.post(ROUTE, json={"prompt": "a"}, headers=CALLERS)
    assert answer.headers["traceparent"] == CALLERS["traceparent"]
    assert "traceparent" not in client.post(ROUTE, json={"prompt": "b"}, headers={"traceparent": "00-zz"}).headers
    assert [request.traceparent for request in door.services["icon"].requests] == [CALLERS["traceparent"], None]


def test_trace_does_not_decide_what_was_drawn_before(receiver: TraceReceiver, tmp_path: Path) -> None:
    door = traced_door(tmp_path)
    with as_admin(door) as client:
        answers = [client.post(ROUTE, json={"prompt": "a", "seed": 7}).json() for _ in range(2)]
    ends(door)
    assert [answer["cached"] for answer in answers] == [False, True]
    assert len([span for span in receiver.spans if span.name == "call icon"]) == 1
