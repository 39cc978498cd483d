"""Fine-tuning as a Ray job, by the README's command, with a worker that is killed on its way."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.graph import ROOT, wait_for
from tests.readme import command
from tests.style_pictures import write_discs
from tests.test_finetune_style import STARTER, Losses, job, run
from tests.test_ray_commands import Cluster, cluster, is_ours
from train.finetune.card import ModelCard
from train.finetune.recipes import TINY

__all__ = ["cluster"]  # a fixture

pytestmark = pytest.mark.ray


def workers(cluster: Cluster) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["cmdline", "environ"]):
        if "RayTrainWorker" in " ".join(process.info["cmdline"] or []) and is_ours(process, cluster):
            yield process


def progress(work: Path) -> dict[int, float]:
    path = work / "progress.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return {line["step"]: line["loss"] for line in lines}


def test_job_whose_worker_is_killed_ends_like_a_run_in_one_process(cluster: Cluster, tmp_path: Path) -> None:
    write_discs(tmp_path / "discs")
    work, out = tmp_path / "work", tmp_path / "out" / "sticker.safetensors"
    words = shlex.split(command("ray job submit"))
    instead = {
        "stickers": str(tmp_path / "discs"), "var/models/starter": str(STARTER), "sticker.safetensors": str(out),
        "sticker": "stkr",
    }  # fmt: skip
    asked = [instead.get(word, word) for word in words] + ["--work", str(work), "--recipe", "tiny"]
    asked += ["--template", "{trigger} {caption}"]
    with (tmp_path / "job.log").open("w") as log:
        submitted = subprocess.Popen(asked, env=cluster.variables, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
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
