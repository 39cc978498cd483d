"""Fine-tuning jobs paused and resumed through the door: a run stopped in good order, and on from its checkpoint."""

from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from deployments.training import TrainingResult
from serve_app.fine_tuning.folder import JobFolder
from tests.door import Door, build_door
from tests.fake_runs import FakeRuns, PassingCheck
from tests.fine_tuning import JOBS, data_set, events, read_job, train, train_until_paused, until


@pytest.fixture
def runs() -> FakeRuns:
    return FakeRuns()


@pytest.fixture
def door(tmp_path: Path, runs: FakeRuns) -> Door:
    return build_door(tmp_path, runs=runs, check=PassingCheck())


def ask(client: TestClient, job_id: str, what: str) -> httpx.Response:
    return client.post(f"{JOBS}/{job_id}/{what}")


def messages(client: TestClient, job_id: str) -> list[str]:
    return [event["message"] for event in events(client, job_id)]


class SlowRuns(FakeRuns):
    """A run that is stopped ends when the test says so."""

    async def stop(self, run_id: str, folder: JobFolder) -> None:
        """It has been asked."""


def test_run_that_is_being_stopped_has_its_place_and_is_running(tmp_path: Path) -> None:
    runs = SlowRuns()
    door = build_door(tmp_path, runs=runs, check=PassingCheck())
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        first, second = (train(client)["id"] for _ in range(2))
        run = runs.begun(first)
        until(client, second, "queued")
        assert ask(client, first, "pause").json()["status"] == "running"
        refused = ask(client, first, "resume")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "job_not_paused")
        assert read_job(client, second)["status"] == "queued" and runs.submitted == [run]
        runs.end(run, TrainingResult(outcome="stopped", step=10))
        until(client, first, "paused")
        until(client, second, "running")


def test_run_is_stopped_gives_its_place_away_and_goes_on(client: TestClient, runs: FakeRuns) -> None:
    job_id, other = (train(client)["id"] for _ in range(2))
    run = runs.begun(job_id)
    runs.report(run, 10)
    runs.checkpoint(run, 10)
    assert ask(client, job_id, "pause").json()["status"] in ("running", "paused")
    paused = until(client, job_id, "paused")
    assert (paused["progress"], paused["finished_at"], paused["error"]) == (0.25, None, None)
    others = runs.begun(other)
    assert runs.submitted == [run, others]
    assert ask(client, job_id, "pause").json()["status"] == "paused"  # again, and nothing changes
    assert ask(client, job_id, "resume").json()["status"] == "queued"
    assert read_job(client, other)["status"] == "running"
    runs.succeed(others)
    runs.succeed(runs.begun(job_id, 2))
    ended = until(client, job_id, "succeeded")
    assert ended["started_at"] == paused["started_at"]
    told = messages(client, job_id)
    assert "checkpoint of step 10" in told
    assert [message for message in told if not message.startswith(("step", "checkpoint"))][3:] == [
        "training", "stopping the run, to pause", "paused; its last checkpoint is kept",
        "resumed; waiting for its turn", "training", "published as stkr@abababab", "the job has succeeded",
    ]  # fmt: skip


def test_job_that_waits_is_paused_at_once_and_keeps_its_place_in_line(client: TestClient, runs: FakeRuns) -> None:
    first, second, third = (train(client)["id"] for _ in range(3))
    for job_id in (second, third):
        until(client, job_id, "queued")
    assert ask(client, second, "pause").json()["status"] == "paused"
    assert ask(client, second, "resume").json()["status"] == "queued"
    runs.succeed(runs.begun(first))
    runs.succeed(runs.begun(second))
    runs.begun(third)
    assert runs.submitted == [f"{job_id}-1" for job_id in (first, second, third)]


def test_pauses_are_no_deaths(client: TestClient, runs: FakeRuns) -> None:
    job_id = train_until_paused(client)
    for _ in range(3):
        ask(client, job_id, "resume")
        until(client, job_id, "running")
        ask(client, job_id, "pause")
        until(client, job_id, "paused")
    ask(client, job_id, "resume")
    until(client, job_id, "running")
    attempts = 1 + messages(client, job_id).count("paused; its last checkpoint is kept")
    for attempt in range(attempts, attempts + 3):
        runs.end(runs.begun(job_id, attempt), None)
    error = until(client, job_id, "failed")["error"]
    assert (error["code"], error["message"]) == ("training_died", "its run has died 3 times")


def test_run_that_ends_before_it_is_stopped_has_ended(client: TestClient, runs: FakeRuns) -> None:
    job_id = train(client)["id"]
    runs.succeed(runs.begun(job_id))
    ask(client, job_id, "pause")
    assert until(client, job_id, "succeeded")["fine_tuned_model"] == "stkr@abababab"
    for what, code in (("pause", "job_not_pausable"), ("resume", "job_not_paused")):
        refused = ask(client, job_id, what)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, code)


def test_paused_job_counts_among_those_under_way_and_is_cancelled_at_once(client: TestClient, door: Door) -> None:
    body = {"training_file": data_set(client)}
    paused = train_until_paused(client)
    for _ in range(9):
        assert client.post(JOBS, json=body).status_code == 201
    assert client.post(JOBS, json=body).json()["error"]["code"] == "too_many_trainings"
    assert ask(client, paused, "cancel").json()["status"] == "cancelled"
    assert client.post(JOBS, json=body).status_code == 201
    left = {path.name for path in (door.data_dir / "fine_tuning" / paused).glob("*")}
    assert not left & {"data.zip", "spec.json"}  # nor does its data set stay


def test_next_gateway_leaves_a_paused_job_paused(tmp_path: Path, runs: FakeRuns) -> None:
    door = build_door(tmp_path, runs=runs, check=PassingCheck())
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        paused = train_until_paused(client)
    with TestClient(build_door(tmp_path, runs=runs, check=PassingCheck()).api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        runs.succeed(runs.begun(train(client)["id"]))
        assert read_job(client, paused)["status"] == "paused"
        ask(client, paused, "resume")
        until(client, paused, "running")
