"""The loop that all training runs in: what it does when cut short."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import nn

from train.loop import Outcome, StopSignal, learning_rate_at, train
from train.settings import PRODIGY_OPTIONS, PRODIGY_RATE, LoopSettings

SETTINGS = LoopSettings(8, 4, 1e-2, 0.3, warmup_steps=2, log_every_steps=1)
PRODIGY = replace(
    SETTINGS, num_steps=150, learning_rate=PRODIGY_RATE, optimizer="prodigy", optimizer_options=PRODIGY_OPTIONS
)


class Objective(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.SiLU(), nn.Conv2d(8, 3, 3)).to(
            memory_format=torch.channels_last
        )

    def forward(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return {"loss": (self.net(batch["x"]) - 1).square().mean()}


class Losses:
    def __init__(self) -> None:
        self.by_step: dict[int, float] = {}

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        self.by_step[step] = metrics["loss"]


def draw(generator: torch.Generator, batch_size: int) -> dict[str, torch.Tensor]:
    return {"x": torch.randn(batch_size, 3, 8, 8, generator=generator)}


def run(
    path: Path, losses: Losses, should_stop: Callable[[], bool] = lambda: False, settings: LoopSettings = SETTINGS
) -> Outcome:
    return train(Objective(), draw, settings, path, losses, should_stop)


def content(path: Path) -> dict[str, object]:
    """The file's tensors and header, whose order says nothing."""
    with safe_open(path, "pt") as file:
        return {key: file.get_tensor(key).tolist() for key in file.keys()} | file.metadata()


@pytest.mark.parametrize("settings", [SETTINGS, PRODIGY], ids=lambda settings: settings.optimizer)
def test_run_that_was_cut_goes_on_with_the_same_losses(tmp_path: Path, settings: LoopSettings) -> None:
    whole, cut = Losses(), Losses()
    run(tmp_path / "whole.safetensors", whole, settings=settings)
    answers = iter([False] * 3 + [True])
    first = run(tmp_path / "cut.safetensors", cut, lambda: next(answers), settings)
    assert (first.step, first.is_done) == (3, False)
    assert run(tmp_path / "cut.safetensors", cut, settings=settings).is_done
    assert cut.by_step == whole.by_step
    assert whole.by_step[settings.num_steps] < whole.by_step[1]
    one, other = (content(tmp_path / f"{name}.safetensors") for name in ("cut", "whole"))
    assert one == other


def test_finished_run_does_nothing_more(tmp_path: Path) -> None:
    run(tmp_path / "run.safetensors", Losses())
    again = Losses()
    assert run(tmp_path / "run.safetensors", again).is_done
    assert again.by_step == {}


def test_prodigy_finds_a_rate_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    losses, path = Losses(), tmp_path / "run.safetensors"
    run(path, losses, settings=PRODIGY)
    assert losses.by_step[150] < 0.1 * losses.by_step[1]
    with safe_open(path, "pt") as file:
        found = json.loads(file.metadata()["optimizer"])
    assert found["d"] > 1e-4 and found["k"] == 150  # it began with 1e-6


def test_option_that_the_optimizer_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="d_coef"):
        run(tmp_path / "run.safetensors", Losses(), settings=replace(SETTINGS, optimizer_options={"d_coef": 2.0}))


def test_failure_while_drawing_ahead_reaches_the_run(tmp_path: Path) -> None:
    def fails_later(generator: torch.Generator, batch_size: int) -> dict[str, torch.Tensor]:
        if next(drawn) == 3:
            raise ValueError("no such picture")
        return draw(generator, batch_size)

    drawn, losses = count(), Losses()
    with pytest.raises(ValueError, match="no such picture"):
        train(Objective(), fails_later, SETTINGS, tmp_path / "run.safetensors", losses, lambda: False)
    assert sorted(losses.by_step) == [1, 2, 3]


def test_learning_rate_rises_stays_and_falls() -> None:
    assert [learning_rate_at(step, SETTINGS) for step in (0, 1, 5, 8)] == [0.5e-2, 1e-2, 1e-2, 0]
    assert learning_rate_at(7, SETTINGS) == pytest.approx(1e-2 / 2.4)
    assert learning_rate_at(7, replace(SETTINGS, decay_share=0.0)) == 1e-2


LONG_RUN = """
import sys, tests.test_train_loop as t
from pathlib import Path
from train.loop import StopSignal
stop = StopSignal()
if float(sys.argv[2]) > 0: stop.give(float(sys.argv[2]))
class Told(t.Losses):
    def log(self, step, metrics): print(step, flush=True)
outcome = t.run(Path(sys.argv[1]), Told(), stop, t.replace(t.SETTINGS, num_steps=10**9))
sys.exit(not (outcome.step > 0 and not outcome.is_done))
"""


def start(path: Path, minutes: float) -> "subprocess.Popen[str]":
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", LONG_RUN, str(path), str(minutes)]
    return subprocess.Popen(
        command, cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


def test_asked_to_end_it_leaves_a_checkpoint(tmp_path: Path) -> None:
    process = start(tmp_path / "run.safetensors", 0)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert (tmp_path / "run.safetensors").exists()


def test_time_is_up_and_it_leaves_a_checkpoint(tmp_path: Path) -> None:
    process = start(tmp_path / "run.safetensors", 0.01)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert (tmp_path / "run.safetensors").exists()


def test_suspended_time_is_not_charged(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    stop = StopSignal()
    for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
        signal.signal(number, handler)
    stop.give(minutes=2)
    now_s = 3000
    assert not stop()
    now_s += 70
    assert stop()
