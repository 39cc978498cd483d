"""Fine-tuning jobs through the door: one at a time, each to one end, whatever dies meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from deployments.errors import Unavailable
from deployments.training import TrainingResult, TrainingSpec
from tests.door import Door, build_door
from tests.fake_runs import FakeRuns, PassingCheck
from tests.fine_tuning import JOBS, data_set, events, read_job, told, train, until

ERROR = TrainingResult(outcome="failed", code="training_failed", message="OutOfMemoryError; the log has it")


@pytest.fixture
def runs() -> FakeRuns:
    return FakeRuns()


@pytest.fixture
def door(tmp_path: Path, runs: FakeRuns) -> Door:
    return build_door(tmp_path, runs=runs, check=PassingCheck())


def folder(door: Door, job_id: str) -> Path:
    return door.data_dir / "fine_tuning" / job_id


def files_of(door: Door, job_id: str) -> set[str]:
    return {path.name for path in folder(door, job_id).glob("*")}


def test_job_is_looked_at_queued_trained_and_ends_with_a_version(
    client: TestClient, door: Door, runs: FakeRuns
) -> None:
    job = train(client, trigger="stkr", hyperparameters={"steps": 40, "rank": 8, "learning_rate": 0.001}, seed=7)
    assert (job["object"], job["status"], job["model"]) == ("fine_tuning.job", "validating_files", "starter")
    run = runs.begun(job["id"])
    spec = TrainingSpec.model_validate_json((folder(door, job["id"]) / "spec.json").read_text())
    assert (spec.trigger, spec.recipe, spec.title, spec.hyperparameters.seed) == ("stkr", "tiny", "stkr", 7)
    assert (spec.hyperparameters.num_steps, spec.hyperparameters.rank) == (40, 8)
    runs.report(run, 10, 20)
    runs.checkpoint(run, 10)
    told(client, job["id"], "step 20")
    assert read_job(client, job["id"])["progress"] == 0.5
    runs.succeed(run)
    ended = until(client, job["id"], "succeeded")
    assert (ended["fine_tuned_model"], ended["progress"], ended["error"]) == ("stkr@abababab", 1.0, None)
    assert ended["created_at"] <= ended["started_at"] <= ended["finished_at"]
    assert [event["message"] for event in events(client, job["id"])] == [
        "looking at the data set", "duplicates: look alike: a.png, b.png",
        "the data set is good; waiting for its turn", "training", "step 10", "step 20", "checkpoint of step 10",
        "published as stkr@abababab", "the job has succeeded",
    ]  # fmt: skip
    [checkpoint] = client.get(f"{JOBS}/{job['id']}/checkpoints").json()["data"]
    assert (checkpoint["step_number"], checkpoint["metrics"]) == (10, {"loss": 0.1})
    assert {"adapter.safetensors", "run.log"} <= files_of(door, job["id"]) and "data.zip" not in files_of(
        door, job["id"]
    )


def test_jobs_are_trained_one_at_a_time_in_their_order(client: TestClient, runs: FakeRuns) -> None:
    ids = [train(client)["id"]]
    runs.begun(ids[0])  # else another may be looked through before it
    ids += [until(client, train(client)["id"], "queued")["id"] for _ in range(2)]
    for count, job_id in enumerate(ids, start=1):
        run = runs.begun(job_id)
        assert len(runs.submitted) == count
        for waiting in ids[count:]:
            until(client, waiting, "queued")
        runs.succeed(run)
    until(client, ids[-1], "succeeded")


def test_job_that_waits_is_cancelled_at_once_and_leaves_nothing(client: TestClient, door: Door, runs: FakeRuns) -> None:
    runs.begun(train(client)["id"])
    waiting = until(client, train(client)["id"], "queued")["id"]
    for _ in range(2):
        assert client.post(f"{JOBS}/{waiting}/cancel").json()["status"] == "cancelled"
    assert not folder(door, waiting).exists()
    assert [event["message"] for event in events(client, waiting)].count("the job has been cancelled") == 1


def test_run_is_stopped_when_its_job_is_cancelled_and_the_checkpoint_is_kept(
    client: TestClient, door: Door, runs: FakeRuns
) -> None:
    job_id = train(client)["id"]
    run = runs.begun(job_id)
    (folder(door, job_id) / "runs").mkdir()
    runs.checkpoint(run, 10)
    assert client.post(f"{JOBS}/{job_id}/cancel").json()["status"] in ("running", "cancelled")
    ended = until(client, job_id, "cancelled")
    assert (ended["fine_tuned_model"], ended["error"]) == (None, None)
    assert {"runs", "checkpoints.jsonl", "run.log"} <= files_of(door, job_id)
    assert runs.submitted == [run]


def test_run_that_dies_is_begun_again_twice_and_goes_on(client: TestClient, runs: FakeRuns) -> None:
    job_id = train(client)["id"]
    for attempt, steps in ((1, (10, 20)), (2, (20, 30))):
        run = runs.begun(job_id, attempt)
        runs.report(run, *steps)
        told(client, job_id, f"step {steps[-1]}")
        runs.end(run, None if attempt == 1 else TrainingResult(outcome="stopped"))
    runs.succeed(runs.begun(job_id, 3))
    until(client, job_id, "succeeded")
    messages = [event["message"] for event in events(client, job_id)]
    assert messages.count("the run has died; it goes on from its last checkpoint") == 2
    assert [message for message in messages if message.startswith("step")] == ["step 10", "step 20", "step 30"]


def test_run_that_always_dies_fails_its_job(client: TestClient, runs: FakeRuns) -> None:
    job_id = train(client)["id"]
    for attempt in (1, 2, 3):
        runs.end(runs.begun(job_id, attempt), None)
    assert until(client, job_id, "failed")["error"]["code"] == "training_died"
    assert len(runs.submitted) == 3


def test_run_that_fails_by_itself_is_not_tried_again(client: TestClient, runs: FakeRuns) -> None:
    job_id = train(client)["id"]
    runs.end(runs.begun(job_id), ERROR)
    error = until(client, job_id, "failed")["error"]
    assert error == {"code": "training_failed", "message": ERROR.message, "param": None}
    assert len(runs.submitted) == 1


def test_loss_that_is_no_number_is_left_out_of_its_step(client: TestClient, door: Door, runs: FakeRuns) -> None:
    job_id = train(client)["id"]
    run = runs.begun(job_id)
    with (folder(door, job_id) / "progress.jsonl").open("a") as lines:
        lines.write('{"step": 1, "loss": NaN, "grad_norm": Infinity, "step_s": 0.5}\n{"step": 2, "lo')
    told(client, job_id, "step 1")
    assert events(client, job_id)[-1]["data"] == {"step": 1, "step_s": 0.5}
    runs.succeed(run)


def test_next_gateway_follows_the_run_that_it_finds(tmp_path: Path, runs: FakeRuns) -> None:
    def opened() -> TestClient:
        client = TestClient(build_door(tmp_path, runs=runs, check=PassingCheck()).api)
        client.headers["authorization"] = f"Bearer {(tmp_path / 'admin.key').read_text().strip()}"
        return client

    with TestClient(build_door(tmp_path).api):
        pass
    with opened() as client:
        running = train(client)["id"]
        run = runs.begun(running)  # else the next may be looked through before it
        waiting = until(client, train(client)["id"], "queued")["id"]
    runs.report(run, 10)
    runs.succeed(run)  # while no gateway lives
    with opened() as client:
        until(client, running, "succeeded")
        told(client, running, "step 10")
        runs.succeed(runs.begun(waiting))
        until(client, waiting, "succeeded")
    assert runs.submitted == [run, f"{waiting}-1"]


def test_two_gateways_drive_each_job_once(tmp_path: Path, runs: FakeRuns) -> None:
    first, second = (build_door(tmp_path, runs=runs, check=PassingCheck()) for _ in range(2))
    with TestClient(first.api) as client, TestClient(second.api):
        client.headers["authorization"] = f"Bearer {first.admin_key}"
        # Each once it is looked through: they are trained in the order of those that wait.
        ids = [until(client, train(client)["id"], "queued", "running")["id"] for _ in range(3)]
        for job_id in ids:
            runs.succeed(runs.begun(job_id))
        for job_id in ids:
            until(client, job_id, "succeeded")
            messages = [event["message"] for event in events(client, job_id)]
            assert messages.count("training") == messages.count("the job has succeeded") == 1
    assert runs.submitted == [f"{job_id}-1" for job_id in ids]


def test_cluster_without_capacity_says_so_and_accepts_nothing(client: TestClient, runs: FakeRuns) -> None:
    runs.no_capacity = "the cluster has no GPU to train on"
    answer = client.post(JOBS, json={"training_file": data_set(client)})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["message"]) == (503, "no_capacity", runs.no_capacity)
    assert client.get(JOBS).json()["data"] == [] and runs.needs == [(False, False)]


def test_job_waits_while_the_cluster_cannot_be_reached(tmp_path: Path, runs: FakeRuns) -> None:
    runs.failure = Unavailable("Ray's jobs can't be reached")
    door = build_door(tmp_path, runs=runs, check=PassingCheck())
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        job_id = train(client)["id"]
        until(client, job_id, "running")
    runs.failure = None
    with TestClient(build_door(tmp_path, runs=runs, check=PassingCheck()).api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        runs.succeed(runs.begun(job_id))
        until(client, job_id, "succeeded")


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[TestClient]:
    door = build_door(tmp_path, check=PassingCheck())
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        yield client


def test_user_has_so_many_jobs_under_way(limited: TestClient) -> None:
    body: dict[str, Any] = {"training_file": data_set(limited)}
    jobs = [limited.post(JOBS, json=body).json()["id"] for _ in range(10)]
    answer = limited.post(JOBS, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_trainings")
    assert limited.post(f"{JOBS}/{jobs[-1]}/cancel").json()["status"] == "cancelled"
    assert limited.post(JOBS, json=body).status_code == 201
