"""Real runs, as processes of this machine: begun by the gateway, killed, stopped, and found again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from fastapi.testclient import TestClient

from serve_app.fine_tuning.runs import LocalRuns
from tests.door import Door, build_door
from tests.fine_tuning import JOBS, TRAINING_S, events, reach, train, until
from train.finetune.card import ModelCard

STEPS = 30


@contextmanager
def opened(folder: Path, models_dir: Path) -> Iterator[tuple[TestClient, Door]]:
    door = build_door(folder, runs=LocalRuns(), models_dir=models_dir, training_poll_s=0.1)
    with TestClient(door.api) as client:
        client.headers["authorization"] = f"Bearer {door.admin_key}"
        yield client, door


def process_of(door: Door, job_id: str, attempt: int = 1) -> psutil.Process:
    told = (door.data_dir / "fine_tuning" / job_id / f"{job_id}-{attempt}.process").read_text()
    return psutil.Process(int(told.partition('"pid":')[2].partition(",")[0]))


def test_run_that_dies_without_a_gateway_goes_on_with_the_next_to_an_adapter(tmp_path: Path, models_dir: Path) -> None:
    with opened(tmp_path, models_dir) as (client, door):
        job_id = train(client, trigger="stkr", hyperparameters={"steps": STEPS, "rank": 2}, license="CC0-1.0")["id"]
        reach(client, job_id, 12)
        process = process_of(door, job_id)
    assert process.is_running()
    process.kill()
    with opened(tmp_path, models_dir) as (client, _):
        ended = until(client, job_id, "succeeded", timeout_s=TRAINING_S)
        told = [event["data"]["step"] for event in events(client, job_id) if event["type"] == "metrics"]
        kept = client.get(f"{JOBS}/{job_id}/checkpoints").json()["data"]
        versions = client.get("/v1/model_versions").json()["data"]
    folder = tmp_path / "fine_tuning" / job_id
    card = ModelCard.model_validate_json((folder / "adapter.json").read_text())
    assert (card.steps, card.recipe["rank"], card.trigger, card.license) == (STEPS, 2, "stkr", "CC0-1.0")
    (version,) = [one for one in versions if one["id"] == ended["fine_tuned_model"]]
    assert (version["status"], version["rank"], version["trigger"]) == ("candidate", 2, "stkr")
    assert told == list(range(1, STEPS + 1))
    steps = [line.partition(",")[0] for line in (folder / "progress.jsonl").read_text().splitlines()]
    assert steps.count('{"step": 1') == 1  # it did not begin anew
    assert [one["step_number"] for one in kept] == list(range(STEPS, 0, -10))


def test_cancelled_run_leaves_a_checkpoint_and_no_process(tmp_path: Path, models_dir: Path) -> None:
    with opened(tmp_path, models_dir) as (client, door):
        job_id = train(client, hyperparameters={"steps": 20_000})["id"]
        reach(client, job_id, 2)
        process = process_of(door, job_id)
        client.post(f"{JOBS}/{job_id}/cancel")
        until(client, job_id, "cancelled", timeout_s=60)
        assert not process.is_running()
        assert [*(door.data_dir / "fine_tuning" / job_id).glob("runs/*/checkpoint.safetensors")]
