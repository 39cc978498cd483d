"""What the routes of fine-tuning take and answer: fields, pages, events and OpenAI's client."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from fastapi.testclient import TestClient
from openai.types import FileObject

from deployments.training import TrainingSpec
from tests.door import Door, build_door, listening
from tests.fake_runs import FakeRuns, PassingCheck
from tests.fine_tuning import JOBS, data_set, discs, events, told, train, until, zipped
from tests.users import as_user, new_user


@pytest.fixture
def runs() -> FakeRuns:
    return FakeRuns()


@pytest.fixture
def door(tmp_path: Path, runs: FakeRuns) -> Door:
    return build_door(tmp_path, runs=runs, check=PassingCheck())


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"recipe": "huge"}, "recipe"),
        ({"recipe": "sdxl"}, "recipe"),
        ({"recipe": "../../etc"}, "recipe"),
        ({"model": "http://example.com"}, "model"),
        ({"method": "dpo"}, "method"),
        ({"suffix": "../up"}, "suffix"),
        ({"suffix": "Capital"}, "suffix"),
        ({"suffix": "a" * 41}, "suffix"),
        ({"trigger": "two words"}, "trigger"),
        ({"trigger": "$(id)"}, "trigger"),
        ({"trigger": "--out"}, "trigger"),
        ({"license": "a" * 201}, "license"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"training_file": "a b"}, "training_file"),
        ({"training_file": None}, "training_file"),
        *(({"hyperparameters": {"steps": value}}, "hyperparameters.steps") for value in (0, -1, 10**9, 1.5, "10")),
        *(({"hyperparameters": {"rank": value}}, "hyperparameters.rank") for value in (0, 65, 10**6)),
        *(
            ({"recipe": f"starter-{part}", "hyperparameters": {"rank": 4}}, "hyperparameters.rank")
            for part in ("full", "reference")
        ),
        *(({"hyperparameters": {"learning_rate": value}}, "hyperparameters.learning_rate") for value in (0, -1, 10)),
        ({"hyperparameters": {"optimizer": "os.system"}}, "hyperparameters.optimizer"),
        ({"hyperparameters": {"optimizer": "prodigy", "learning_rate": 0.01}}, "hyperparameters.learning_rate"),
        ({"class_prompt": "rocket icon"}, "class_prompt"),
        ({"recipe": "starter-object", "class_prompt": "a\nb"}, "class_prompt"),
        ({"reward_function": "print()"}, "reward_function"),
        ({"base_model": "/etc"}, "base_model"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_field_is_refused_by_its_name(client: TestClient, asked: dict[str, Any], param: str) -> None:
    answer = client.post(JOBS, json={"training_file": "file_x", **asked})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"]) == (400, param), error
    assert error["code"] in ("invalid_value", "unknown_parameter")
    assert client.get(JOBS).json()["data"] == []


def test_run_is_told_of_the_class_and_of_the_optimizer(client: TestClient, door: Door, runs: FakeRuns) -> None:
    asked = {"recipe": "starter-object", "class_prompt": "rocket icon", "hyperparameters": {"optimizer": "prodigy"}}
    job = train(client, **asked)
    assert (job["class_prompt"], job["hyperparameters"]["optimizer"]) == ("rocket icon", "prodigy")
    runs.begun(job["id"])
    spec = TrainingSpec.model_validate_json((door.data_dir / "fine_tuning" / job["id"] / "spec.json").read_text())
    assert (spec.recipe, spec.class_prompt, spec.hyperparameters.optimizer) == (
        "starter-object",
        "rocket icon",
        "prodigy",
    )


def test_data_set_of_another_does_not_exist(client: TestClient) -> None:
    other = as_user(client, new_user(client, "other"), "train")
    theirs = data_set(client, headers=other)
    answers = [client.post(JOBS, json={"training_file": file_id}) for file_id in (theirs, "file_none")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text.replace(theirs, "file_none") == answers[1].text
    assert answers[0].json()["error"]["param"] == "training_file"


def test_list_is_the_users_own_page_by_page(client: TestClient) -> None:
    other = as_user(client, new_user(client, "other"), "train")
    ids = [train(client)["id"] for _ in range(5)]
    train(client, other)
    seen, query = [], {"limit": "2"}
    while True:
        page = client.get(JOBS, params=query).json()
        seen += [job["id"] for job in page["data"]]
        if not page["has_more"]:
            break
        query["after"] = page["last_id"]
    assert seen == ids[::-1]
    foreign = client.get(f"{JOBS}?after={ids[0]}", headers=other)
    missing = client.get(f"{JOBS}?after=ftjob_none", headers=other)
    assert foreign.text.replace(ids[0], "ftjob_none") == missing.text
    assert missing.json()["error"]["code"] == "invalid_cursor"


@pytest.fixture
def trained(client: TestClient, runs: FakeRuns) -> str:
    """Ten steps and two checkpoints."""
    job_id: str = train(client)["id"]
    run = runs.begun(job_id)
    runs.report(run, *range(1, 11))
    runs.checkpoint(run, 5, 10)
    told(client, job_id, "checkpoint of step 10")
    runs.succeed(run)
    return str(until(client, job_id, "succeeded")["id"])


@pytest.mark.parametrize(("kind", "count"), [("events", 18), ("checkpoints", 2)])
def test_events_and_checkpoints_come_newest_first_page_by_page(
    client: TestClient, trained: str, kind: str, count: int
) -> None:
    seen, query = [], {"limit": "5"}
    while True:
        page = client.get(f"{JOBS}/{trained}/{kind}", params=query).json()
        seen += [int(one["id"].rpartition(":")[2]) for one in page["data"]]
        if not page["has_more"]:
            break
        query["after"] = page["last_id"]
    assert seen == sorted(set(seen), reverse=True) and len(seen) == count
    for after in ("nothing", "ftjob_other:1", f"{trained}:x"):
        error = client.get(f"{JOBS}/{trained}/{kind}?after={after}").json()["error"]
        assert (error["code"], error["param"]) == ("invalid_cursor", "after")


def streamed(client: TestClient, job_id: str, last_event_id: str = "", **ask: Any) -> list[str]:
    """The ids of the events."""
    headers = {"last-event-id": last_event_id} if last_event_id else {}
    headers |= {} if ask else {"accept": "text/event-stream"}
    answer = client.get(f"{JOBS}/{job_id}/events", params=ask, headers=headers)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return [line.removeprefix("id: ") for line in answer.text.splitlines() if line.startswith("id: ")]


def test_stream_tells_all_events_in_order_and_goes_on_after_any(client: TestClient, trained: str) -> None:
    ids = [event["id"] for event in events(client, trained)]
    assert streamed(client, trained) == streamed(client, trained, stream=True) == ids
    assert streamed(client, trained, ids[4]) == ids[5:]
    bad = client.get(f"{JOBS}/{trained}/events?stream=true", headers={"last-event-id": "ftjob_other:1"})
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "invalid_event_id")


def test_stream_follows_a_job_to_its_end(client: TestClient, runs: FakeRuns) -> None:
    job_id = train(client)["id"]
    run = runs.begun(job_id)
    runs.report(run, 1)
    runs.succeed(run)
    assert streamed(client, job_id)[-1] == events(client, job_id)[-1]["id"]


@pytest.fixture
def openai_client(door: Door) -> Iterator[openai.OpenAI]:
    with (
        listening(door.api) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=door.admin_key, max_retries=0) as client,
    ):
        yield client


def test_openai_client_trains_looks_and_cancels(openai_client: openai.OpenAI, runs: FakeRuns) -> None:
    file = openai_client.post(
        "/files", body={"purpose": "dataset"}, files={"file": ("a.zip", zipped(discs()), "application/zip")},
        options={"headers": {"content-type": "multipart/form-data"}}, cast_to=FileObject,
    )  # fmt: skip
    jobs = openai_client.fine_tuning.jobs
    job = jobs.create(model="starter", training_file=file.id, suffix="stkr", seed=7)
    assert (job.status, job.seed, job.training_file) == ("validating_files", 7, file.id)
    runs.checkpoint(runs.begun(job.id), 5)
    while not list(jobs.checkpoints.list(job.id)):
        pass
    [checkpoint] = jobs.checkpoints.list(job.id)
    assert (checkpoint.step_number, checkpoint.fine_tuning_job_id) == (5, job.id)
    assert jobs.cancel(job.id).status in ("running", "cancelled")
    while jobs.retrieve(job.id).status != "cancelled":
        pass
    assert [one.id for one in jobs.list()] == [job.id]
    assert next(iter(jobs.list_events(job.id))).message == "the job has been cancelled"
    with pytest.raises(openai.NotFoundError):
        jobs.retrieve("ftjob_none")
