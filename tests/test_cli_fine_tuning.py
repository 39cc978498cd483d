"""`emblem train submit`, `jobs`, `logs` and `cancel`, as a person types them."""

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from deployments.training import TrainingResult
from tests.door import Door, build_door, listening
from tests.fake_runs import FakeRuns, PassingCheck
from tests.fine_tuning import JOBS, discs, until, zipped
from tests.readme import command
from tests.test_cli import emblem


@pytest.fixture
def runs() -> FakeRuns:
    return FakeRuns()


@pytest.fixture
def door(tmp_path: Path, runs: FakeRuns) -> Door:
    (tmp_path / "stickers.zip").write_bytes(zipped(discs()))
    return build_door(tmp_path, runs=runs, check=PassingCheck())


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    with listening(door.api) as url:
        yield url


def typed(door: Door, url: str, line: str, job_id: str = "") -> "subprocess.CompletedProcess[str]":
    """As the README has it."""
    return emblem(door, url, *shlex.split(line.replace('"$JOB"', job_id))[1:])


def submitted(door: Door, url: str) -> str:
    words = shlex.split(command("JOB=$(emblem train submit").removeprefix("JOB=$(").removesuffix(")"))
    done = emblem(door, url, *words[1:])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_readmes_commands_train_and_follow_to_the_version(door: Door, url: str, runs: FakeRuns) -> None:
    job_id = submitted(door, url)
    run = runs.begun(job_id)
    runs.report(run, 20, 40)
    runs.checkpoint(run, 20)
    runs.succeed(run)
    followed = typed(door, url, command("emblem train logs"), job_id)
    assert followed.returncode == 0, followed.stderr
    assert followed.stdout.strip() == "stkr@abababab"
    assert "checkpoint of step 20" in followed.stderr and "the job has succeeded" in followed.stderr
    told = emblem(door, url, "train", "logs", job_id)
    assert [line.split("  ")[1] for line in told.stdout.splitlines()[:-1]][-5:] == [
        "step 20", "step 40", "checkpoint of step 20", "published as stkr@abababab", "the job has succeeded",
    ]  # fmt: skip
    listed = typed(door, url, command("emblem train jobs"))
    assert "succeeded" in listed.stdout and "100%" in listed.stdout


def test_job_is_cancelled(door: Door, url: str, runs: FakeRuns) -> None:
    job_id = submitted(door, url)
    runs.begun(job_id)
    assert job_id in typed(door, url, command("emblem train cancel"), job_id).stdout
    assert emblem(door, url, "train", "logs", job_id, "-f").returncode == 0
    headers = {"authorization": f"Bearer {door.admin_key}"}
    assert httpx.get(f"{url}{JOBS}/{job_id}", headers=headers).json()["status"] == "cancelled"


def test_job_is_paused_and_resumed(door: Door, url: str, runs: FakeRuns) -> None:
    job_id = submitted(door, url)
    runs.begun(job_id)
    told = emblem(door, url, "train", "pause", job_id).stdout.strip()
    assert told in (f"{job_id} is stopping, to pause", f"{job_id} is paused")
    headers = {"authorization": f"Bearer {door.admin_key}"}
    with httpx.Client(base_url=url, headers=headers) as client:
        until(client, job_id, "paused")
    assert emblem(door, url, "train", "resume", job_id).stdout.strip() == f"{job_id} is queued"
    runs.begun(job_id, 2)
    refused = emblem(door, url, "train", "resume", job_id)
    assert refused.returncode == 1
    assert refused.stderr.strip() == "error: a job that is running can't be resumed (HTTP 409)"


def test_failure_is_the_last_word(door: Door, url: str, runs: FakeRuns) -> None:
    job_id = submitted(door, url)
    runs.end(runs.begun(job_id), TrainingResult(outcome="failed", code="training_failed", message="out of memory"))
    for words in ((), ("-f",)):
        done = emblem(door, url, "train", "logs", job_id, *words)
        assert (done.returncode, done.stderr.splitlines()[-1]) == (1, f"error: {job_id} has failed: out of memory")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("submit", "--data", "nowhere.zip", "--name", "a"), "there is no file nowhere.zip"),
        (("submit", "--data", "stickers.zip", "--name", "../a"), "suffix"),
        (("logs", "ftjob_none"), "no fine-tuning job 'ftjob_none'"),
        (("logs", "ftjob_none", "-f"), "no fine-tuning job 'ftjob_none'"),
        (("cancel", "ftjob_none"), "no fine-tuning job 'ftjob_none'"),
    ],
    ids=["no file", "bad name", "logs", "follow", "cancel"],
)
def test_mistakes_end_in_one_line(door: Door, url: str, words: tuple[str, ...], said: str) -> None:
    done = emblem(door, url, "train", *words)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert said in done.stderr.splitlines()[-1]
