"""One training loop for all stages: an objective, a source of batches, and a checkpoint that any step can go on from.

What a step does is a function of the weights, the seed and the step's number alone, so a run that was cut goes on as if
nothing had happened: batches, noise and dropout come from a generator that is seeded with the step.
"""

import logging
import math
import signal
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from types import FrameType

import torch
from accelerate import Accelerator
from accelerate.utils import TorchDynamoPlugin
from diffusers.training_utils import EMAModel
from torch import nn

from train.checkpoint import read_checkpoint, write_checkpoint
from train.optimizers import make_optimizer
from train.settings import LoopSettings
from train.tracker import Tracker

logger = logging.getLogger(__name__)

Batch = dict[str, torch.Tensor]

LONGEST_STEP_S = 60.0  # that counts towards a time limit


@dataclass(frozen=True)
class Outcome:
    step: int  # the number of steps done, over all runs
    is_done: bool
    metrics: Mapping[str, float]  # of the last step of this run


class StopSignal:
    """True once time is up or the process was asked to end (SIGTERM, SIGINT); made in the main thread.

    Time is counted from one question to the next, and a long silence hardly: a process that was suspended lost nothing.
    """

    def __init__(self) -> None:
        self._left_s = math.inf
        self._asked_s = time.monotonic()
        self.must_end = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)

    def give(self, minutes: float) -> None:
        """From now on."""
        self._left_s, self._asked_s = 60 * minutes, time.monotonic()

    def _end(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.must_end = True

    def __call__(self) -> bool:
        now_s = time.monotonic()
        self._left_s -= min(now_s - self._asked_s, LONGEST_STEP_S)
        self._asked_s = now_s
        return self.must_end or self._left_s <= 0


def train(
    objective: nn.Module,
    draw_batch: Callable[[torch.Generator, int], Batch],
    settings: LoopSettings,
    checkpoint: Path,
    tracker: Tracker,
    should_stop: Callable[[], bool],
    on_checkpoint: Callable[[int, Mapping[str, float]], None] = lambda *_: None,
) -> Outcome:
    """Trains what of `objective` requires gradients; its forward takes a batch to its losses, `loss` among them.

    Goes on from `checkpoint` where there is one and leaves one whenever it returns; the averaged weights, which are
    the ones to keep, are in it. Every process calls `on_checkpoint` once the file of a step is whole.
    """
    compiler = TorchDynamoPlugin(backend="inductor" if settings.is_compiled else "no", dynamic=False)  # few shapes
    accelerator = Accelerator(mixed_precision=settings.mixed_precision, dynamo_plugin=compiler)
    parameters = {name: weight for name, weight in objective.named_parameters() if weight.requires_grad}
    optimizer = make_optimizer(
        settings.optimizer, parameters.values(), settings.learning_rate, settings.weight_decay,
        settings.optimizer_options,
    )  # fmt: skip
    objective.to(accelerator.device)
    ema = EMAModel(parameters.values(), decay=settings.ema_decay, use_ema_warmup=True, power=0.75, foreach=True)
    step = read_checkpoint(checkpoint, parameters, optimizer, ema) if checkpoint.exists() else 0
    model, prepared = accelerator.prepare(objective, optimizer)
    model.train()
    latest: Batch = {}
    started_s, first_step = time.monotonic(), step
    draw = partial(_draw, draw_batch, settings, accelerator.process_index)
    batches = drawn_ahead(draw, step)
    while step < settings.num_steps and not should_stop():
        for group in prepared.param_groups:
            group["lr"] = learning_rate_at(step, settings)
        batch = {name: tensor.to(accelerator.device, non_blocking=True) for name, tensor in next(batches).items()}
        with accelerator.autocast():
            losses = model(batch)
        accelerator.backward(losses["loss"])
        norm = accelerator.clip_grad_norm_(parameters.values(), settings.max_grad_norm)
        prepared.step()
        prepared.zero_grad(set_to_none=True)
        ema.step(parameters.values())
        step += 1
        latest = {name: value.detach() for name, value in losses.items()} | {"grad_norm": norm}
        if step % settings.log_every_steps == 0 and accelerator.is_main_process:
            metrics = read(latest) | {"step_s": (time.monotonic() - started_s) / (step - first_step)}
            tracker.log(step, metrics)
            logger.info("step %d: %s", step, ", ".join(f"{name} {value:.4g}" for name, value in metrics.items()))
        if step % settings.checkpoint_every_steps == 0:
            if accelerator.is_main_process:
                write_checkpoint(checkpoint, step, parameters, optimizer, ema)
            accelerator.wait_for_everyone()
            on_checkpoint(step, read(latest))
    batches.close()
    if accelerator.is_main_process:
        write_checkpoint(checkpoint, step, parameters, optimizer, ema)
    return Outcome(step, step >= settings.num_steps, read(latest))


def read(metrics: Batch) -> dict[str, float]:
    """Waits for the device, so a step whose figures nobody reads is not waited for."""
    return {name: float(value) for name, value in metrics.items()}


def learning_rate_at(step: int, settings: LoopSettings) -> float:
    """Rises, stays, and falls in a straight line."""
    warmup = (step + 1) / max(1, settings.warmup_steps)
    decay = (settings.num_steps - step) / max(1, settings.decay_share * settings.num_steps)
    return settings.learning_rate * min(1.0, warmup, decay)


def drawn_ahead(draw: Callable[[int], Batch], first: int) -> Generator[Batch]:
    """draw(first), draw(first + 1) and so on, each drawn on a thread while the one before it is in use."""
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(draw, first)
        for step in count(first + 1):
            drawn, coming = coming.result(), ahead.submit(draw, step)
            yield drawn


def _draw(
    draw_batch: Callable[[torch.Generator, int], Batch], settings: LoopSettings, process_index: int, step: int
) -> Batch:
    generator = torch.Generator().manual_seed(_seed_of(settings.seed, step, process_index))
    return draw_batch(generator, settings.batch_size)


def _seed_of(seed: int, step: int, process_index: int) -> int:
    """Far apart for neighbours, as generators want it."""
    return hash((seed, step, process_index)) & (2**63 - 1)
