"""The trace of a request goes through Ray's own proxy, handles and replicas."""

from pathlib import Path

import pytest

from tests.graph import running_graph, wait_for
from tests.trace_receiver import receiving

pytestmark = pytest.mark.ray

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_replicas_tell_their_part_of_the_callers_trace(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    (data_dir / "models").symlink_to(models_dir)
    with receiving() as (receiver, url):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
        with running_graph(data_dir) as graph, graph.client() as client:
            body = {"prompt": "leaf", "size": "64x64", "num_inference_steps": 2}
            headers = {"traceparent": f"00-{TRACE_ID}-00f067aa0ba902b7-01"}
            answer = client.post("/v1/images/generations", json=body, headers=headers)
            assert answer.status_code == 200
            wait_for(lambda: {"call icon", "store"} <= {span.name for span in receiver.spans}, 30)
        spans = {span.name: span for span in receiver.spans if span.trace_id == TRACE_ID}
    called, drew = spans["call icon"], spans["draw icon"]
    assert (called.service, drew.service, drew.parent_id) == ("emblem-gateway", "emblem-icon", called.span_id)
    assert called.parent_id == spans["POST /v1/images/generations"].span_id
    assert {spans[phase].parent_id for phase in ("encode", "denoise", "decode", "store")} == {drew.span_id}
