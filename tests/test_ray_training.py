"""Fine-tuning as a Ray job, by the README's command and by the API, with a worker or a driver killed on its way."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
import torch
from safetensors.torch import load_file

from tests.fine_tuning import JOBS, TRAINING_S, data_set, events, reach, train, until
from tests.graph import ROOT, wait_for
from tests.readme import command
from tests.style_pictures import write_discs
from tests.test_finetune_style import STARTER, Losses, job, run
from tests.test_ray_commands import Cluster, answers, cluster, is_ours
from train import loop
from train.finetune.card import ModelCard
from train.finetune.recipes import TINY

__all__ = ["cluster"]  # a fixture

pytestmark = pytest.mark.ray

Draw = Callable[[torch.Generator, int], loop.Batch]


def workers(cluster: Cluster) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline", "environ"]):
        if "RayTrainWorker" in " ".join(process.info["cmdline"] or []) and is_ours(process, cluster):
            yield process


def progress(work: Path) -> dict[int, float]:
    path = work / "progress.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {line["step"]: line["loss"] for line in lines}


def submit(cluster: Cluster, folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """The README's command, for `tests.test_finetune_style.job`."""
    write_discs(folder / "discs")
    words = shlex.split(command("ray job submit"))
    instead = {
        "stickers": str(folder / "discs"), "var/models/starter": str(STARTER),
        "sticker.safetensors": str(folder / "out" / "sticker.safetensors"), "sticker": "stkr",
    }  # fmt: skip
    asked = [instead.get(word, word) for word in words] + ["--work", str(folder / "work"), "--recipe", "tiny"]
    asked += ["--template", "{trigger} {caption}", *options]
    with (folder / "job.log").open("w") as log:
        return subprocess.Popen(asked, env=cluster.variables, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)


def test_job_whose_worker_is_killed_ends_like_a_run_in_one_process(cluster: Cluster, tmp_path: Path) -> None:
    submitted = submit(cluster, tmp_path)
    work, out = tmp_path / "work", tmp_path / "out" / "sticker.safetensors"
    wait_for(lambda: max(progress(work), default=0) > 12 or submitted.poll() is not None, 240)
    killed = [process.pid for process in workers(cluster)]
    for process in workers(cluster):
        process.kill()
    assert submitted.wait(240) == 0, (tmp_path / "job.log").read_text()
    assert len(killed) == 1
    steps = [json.loads(line)["step"] for line in (work / "progress.jsonl").read_text().splitlines()]
    assert len(steps) < 2 * TINY.loop.num_steps and sorted(set(steps)) == list(range(1, TINY.loop.num_steps + 1))
    assert steps.count(1) == 1  # it went on, and did not begin anew
    alone = Losses()
    assert run(replace(job(tmp_path), work=str(tmp_path / "alone")), alone).is_done
    assert progress(work) == pytest.approx(alone.by_step, rel=1e-5)
    assert ModelCard.model_validate_json(out.with_suffix(".json").read_text()).steps == TINY.loop.num_steps


def test_two_workers_train_as_one_process_with_both_batches(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = submit(cluster, tmp_path, "--workers", "2")
    wait_for(lambda: progress(tmp_path / "work") or submitted.poll() is not None, 240)
    assert len([*workers(cluster)]) == 2
    assert submitted.wait(240) == 0, (tmp_path / "job.log").read_text()
    out = tmp_path / "out" / "sticker.safetensors"
    card = ModelCard.model_validate_json(out.with_suffix(".json").read_text())
    assert (card.num_workers, card.steps, len(progress(tmp_path / "work"))) == (2, TINY.loop.num_steps, card.steps)

    draw_one = loop._draw

    def draw_both(draw_batch: Draw, settings: loop.LoopSettings, process_index: int, step: int) -> loop.Batch:
        one, other = (draw_one(draw_batch, settings, process_index + number, step) for number in (0, 1))
        return {name: torch.cat([one[name], other[name]]) for name in one}

    monkeypatch.setattr(loop, "_draw", draw_both)
    alone = replace(job(tmp_path), work=str(tmp_path / "alone"), out=str(tmp_path / "alone.safetensors"))
    assert run(alone, Losses()).is_done
    together, apart = load_file(alone.out), load_file(out)
    for name, weight in together.items():
        torch.testing.assert_close(apart[name], weight, rtol=0.02, atol=2e-3)


def drivers(cluster: Cluster) -> list[psutil.Process]:
    tree = [process for process in psutil.process_iter(["cmdline", "environ"]) if is_ours(process, cluster)]
    return [process for process in tree if "train.finetune run --spec" in " ".join(process.info["cmdline"] or [])]


@pytest.fixture
def client(cluster: Cluster, models_dir: Path) -> Iterator[httpx.Client]:
    """Of a gateway in the cluster; serving would only take the processor."""
    port = cluster.url.rpartition(":")[2]
    words = [sys.executable, "-m", "tests.ray_gateway", str(cluster.data_dir), str(models_dir), port]
    with (cluster.data_dir / "gateway.log").open("w") as log:
        gateway = subprocess.Popen(words, env=cluster.variables, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: answers(f"{cluster.url}/healthz") or gateway.poll() is not None, 120)
        assert gateway.poll() is None, (cluster.data_dir / "gateway.log").read_text()
        key = (cluster.data_dir / "admin.key").read_text().strip()
        with httpx.Client(base_url=cluster.url, headers={"authorization": f"Bearer {key}"}, timeout=60) as client:
            yield client
    finally:
        gateway.terminate()
        gateway.wait(60)


def test_job_of_the_api_outlives_its_driver_and_is_stopped_with_its_checkpoint(
    cluster: Cluster, client: httpx.Client
) -> None:
    job_id = train(client, hyperparameters={"steps": 30})["id"]
    reach(client, job_id, 12)
    for process in drivers(cluster):
        process.kill()
    assert until(client, job_id, "succeeded", timeout_s=TRAINING_S)["fine_tuned_model"]
    told = events(client, job_id)
    assert [one["data"]["step"] for one in told if one["type"] == "metrics"] == list(range(1, 31))
    assert [one["message"] for one in told].count("the run has died; it goes on from its last checkpoint") == 1
    folder = cluster.data_dir / "fine_tuning" / job_id
    assert ModelCard.model_validate_json((folder / "adapter.json").read_text()).steps == 30
    assert "style" in (folder / "run.log").read_text() and not drivers(cluster)

    stopped = train(client, hyperparameters={"steps": 20_000})["id"]
    reach(client, stopped, 12)
    client.post(f"{JOBS}/{stopped}/cancel")
    until(client, stopped, "cancelled", timeout_s=90)
    assert not drivers(cluster)
    assert [*(cluster.data_dir / "fine_tuning" / stopped).glob("runs/*/checkpoint.safetensors")]
    refused = client.post(JOBS, json={"training_file": data_set(client), "recipe": "sdxl"}).json()["error"]
    assert refused["param"] == "recipe"
