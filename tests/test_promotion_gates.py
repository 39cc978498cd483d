"""Versions whose own gates do not hold: they stay candidates, unless somebody insists and it is written down."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.errors import Unavailable
from deployments.registry.gates import DEFAULT_GATES, Gate
from deployments.registry.registry import AdapterRegistry
from tests.door import Door, build_door, listening
from tests.fake_runs import FakeRuns, PassingCheck
from tests.fine_tuning import JOBS, data_set, events, train, until
from tests.test_audit import entries
from tests.test_cli import emblem
from tests.versions import put_two_live, put_version

GOOD = {"loss_after": 0.2, "clip_i_gain_low_base": 0.1, "copies": 0.0}


@pytest.fixture
def runs() -> FakeRuns:
    return FakeRuns()


@pytest.fixture
def door(tmp_path: Path, runs: FakeRuns) -> Door:
    (tmp_path / "stickers.zip").write_bytes(b"PK\5\6" + 18 * b"\0")
    return build_door(tmp_path, runs=runs, check=PassingCheck())


@pytest.fixture
def registry(door: Door) -> AdapterRegistry:
    return AdapterRegistry(door.data_dir / "registry")


def put(registry: AdapterRegistry, **metrics: float) -> str:
    return put_version(registry, "house", repr(metrics).encode(), metrics=GOOD | metrics, gates=DEFAULT_GATES)


def promote(client: TestClient, version_id: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/v1/model_versions/{version_id}/promote", json=body)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({"clip_i_gain_low_base": -0.0123}, "clip_i_gain_low_base is -0.0123, not above 0"),
        ({"clip_i_gain_low_base": 0.0}, "clip_i_gain_low_base is 0, not above 0"),
        ({"copies": 0.25}, "copies is 0.25, over 0.1"),
        ({"copies": 0.25, "clip_i_gain_low_base": -1.0}, "not above 0; copies is"),
    ],
)
def test_version_whose_gates_do_not_hold_is_refused_with_the_metric_and_its_value(
    client: TestClient, registry: AdapterRegistry, metrics: dict[str, float], says: str
) -> None:
    _, live = put_two_live(registry)
    refused = put(registry, **metrics)
    status, answer = promote(client, refused)
    assert (status, answer["error"]["code"]) == (409, "gates_not_held") and says in answer["error"]["message"]
    assert registry.find("house").id == live
    assert promote(client, refused, {"force": False})[0] == 409
    shown = {version["id"]: version for version in client.get("/v1/model_versions").json()["data"]}[refused]
    assert {gate["metric"] for gate in shown["gates"] if not gate["holds"]} == metrics.keys()
    assert {gate["metric"]: gate["value"] for gate in shown["gates"]} == GOOD | metrics


def test_gate_on_what_was_not_measured_does_not_hold(client: TestClient, registry: AdapterRegistry) -> None:
    version_id = put_version(registry, "house", b"one", gates=(Gate(metric="kid", at_most=1.0),))
    assert "kid was not measured" in promote(client, version_id)[1]["error"]["message"]


def test_version_whose_gates_hold_is_promoted_and_so_is_one_that_is_forced_for_all_to_see(
    client: TestClient, registry: AdapterRegistry
) -> None:
    good, bad = put(registry), put(registry, copies=0.5)
    assert promote(client, good)[1]["status"] == "live"
    assert promote(client, good, {"force": True})[1]["status"] == "live"  # nothing to insist on
    assert promote(client, bad, {"force": True})[1]["status"] == "live"
    assert [entry["outcome"] for entry in entries(client, action="promote_model_version")] == ["review", "done", "done"]
    assert promote(client, bad, {"forced": True})[1]["error"]["code"] == "unknown_parameter"


@pytest.mark.parametrize("copies", [0.0, 0.5])
def test_job_that_is_to_promote_says_whether_its_version_is_live(
    client: TestClient, registry: AdapterRegistry, runs: FakeRuns, copies: float
) -> None:
    version_id, job_id = put(registry, copies=copies), train(client, promote=True)["id"]
    runs.succeed(runs.begun(job_id), version_id)
    ended = until(client, job_id, "succeeded")
    assert ended["fine_tuned_model"] == version_id
    (entry,) = entries(client, action="promote_model_version")
    message = f"{version_id} is not promoted: copies is 0.5, over 0.1"
    expected = ("promoted", None, None) if not copies else ("refused", "gates_not_held", message)
    assert tuple(ended["promotion"][name] for name in ("status", "code", "message")) == expected
    assert [event["message"] for event in events(client, job_id)][-3:-1] == [
        f"published as {version_id}", message if copies else f"{version_id} is live",
    ]  # fmt: skip
    assert (registry.stages("house").live is None) == bool(copies)
    assert (entry["outcome"], entry["object_id"]) == ("gates_not_held" if copies else "done", version_id)


def test_job_ends_also_when_no_service_can_be_asked(
    client: TestClient, door: Door, registry: AdapterRegistry, runs: FakeRuns
) -> None:
    door.services["splash"].failure = Unavailable("splash is not running", "service_unavailable")
    version_id, job_id = put(registry), train(client, promote=True)["id"]
    runs.succeed(runs.begun(job_id), version_id)
    assert until(client, job_id, "succeeded")["promotion"]["code"] == "service_unavailable"


def test_promoting_wants_its_scope_also_in_a_job(client: TestClient) -> None:
    key = client.post("/v1/keys", json={"name": "trainer", "scopes": ["train"]}).json()["key"]
    headers = {"authorization": f"Bearer {key}"}
    body = {"training_file": data_set(client, headers=headers), "recipe": "tiny", "promote": True}
    answer = client.post(JOBS, json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "insufficient_scope")
    assert client.post(JOBS, json=body | {"promote": False}, headers=headers).json()["promotion"] is None


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


def test_force_is_an_option_of_the_command(door: Door, url: str, registry: AdapterRegistry) -> None:
    version_id = put(registry, copies=0.5)
    refused = emblem(door, url, "models", "promote", version_id)
    assert refused.returncode == 1 and "copies is 0.5, over 0.1" in refused.stderr
    assert "does not hold: copies at most 0.1" in emblem(door, url, "models", "show", version_id).stdout
    assert emblem(door, url, "models", "promote", version_id, "--force").stdout == f"{version_id} is live\n"
