"""The engine's face: submit an image or a set, ask how long it may take, ask whether the loop is well, stop."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import nn

from deployments.engine.adopt import adopt, adopt_reference, adopt_unet
from deployments.engine.equipment import Equipment
from deployments.engine.ip_adapter import ImageAdapter, read_adapter
from deployments.engine.job import FinishedImage, Job
from deployments.engine.loop import Command, StepLoop
from deployments.engine.lora_bank import PackedLora
from deployments.engine.policy import FairShare
from deployments.engine.request import ImageRequest
from deployments.engine.trial import Trial
from deployments.engine.unet_files import read_unet
from deployments.engine.unit import check_set
from deployments.engine.watcher import NOBODY, Watcher
from deployments.errors import Unavailable

MAX_WAITING = 256  # images; more would wait longer than anyone does
MAX_ACTIVE_PIXELS = 64 * 1024 * 1024  # of all images under way: 64 of SDXL's size


class EngineStuck(RuntimeError):
    """The step loop has died, or has not come round for longer than any step can take."""


class Engine:
    """A model and the one thread that may touch it; knows nothing of HTTP, Ray or storage."""

    def __init__(
        self,
        equipment: Equipment,
        max_rows: int,
        num_threads: int,
        max_waiting: int = MAX_WAITING,
        max_active_pixels: int = MAX_ACTIVE_PIXELS,
        fair_share: FairShare = lambda _: 0.0,
        watcher: Watcher = NOBODY,
    ) -> None:
        self._loop = StepLoop(equipment, max_rows, max_active_pixels, fair_share, watcher)
        self._equipment = equipment
        self._pixels_per_latent = equipment.model.pixels_per_latent
        self._num_threads = num_threads
        self._max_waiting = max_waiting
        self._unfinished: dict[Future[FinishedImage], Job] = {}
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, request: ImageRequest) -> Job:
        """Raises Unavailable, with an honest `retry_after_s`, when too many wait already."""
        (job,) = self.submit_set([request])
        return job

    def submit_set(self, requests: Sequence[ImageRequest]) -> list[Job]:
        """Images drawn in lockstep, in the first one's style. Raises ValueError when they can't be, or Unavailable.

        To add to a set later, submit its leader's request before the new one: its seed draws the same leader again.
        """
        check_set(list(requests))
        jobs = [Job(request) for request in requests]
        with self._lock:
            if len(self._unfinished) + len(jobs) > self._max_waiting:
                raise Unavailable("the engine's queue is full", "queue_full", self._work_ahead_s())
            self._unfinished.update((job.result, job) for job in jobs)
        for job in jobs:
            job.result.add_done_callback(self._forget)
        self._loop.submit(tuple(jobs))
        return jobs

    def add_lora(self, name: str, path: Path) -> "Future[None]":
        """Resident from the next step on, in place of one of that name; images under way keep what they began with.

        Reads the file on the caller's thread. Raises InvalidRequest for a bad one; the future may hold BankFull.
        """
        adapter = self._equipment.read_lora(name, path)
        return self.call(lambda equipment: equipment.bank.add(adapter))

    def read_lora(self, name: str, path: Path) -> PackedLora:
        """Reads and checks it on the caller's thread, for `adopt_lora`. Raises InvalidRequest for a bad one."""
        return self._equipment.read_lora(name, path)

    def adopt_lora(self, packed: PackedLora, trial: Trial = Trial()) -> "Future[None]":  # noqa: B008  (frozen)
        """Resident from the next step on, and tried by then; the future holds BankFull, or what the trial failed with.

        One that fails leaves nothing behind.
        """
        return self.call(lambda equipment: adopt(equipment, packed, trial))

    def drop_lora(self, name: str) -> "Future[None]":
        """Images under way keep it to their end."""
        return self.call(lambda equipment: equipment.bank.drop(equipment.bank.handles[name]))

    def adopt_unet(self, name: str, unet: UNet2DConditionModel, trial: Trial = Trial()) -> "Future[None]":  # noqa: B008
        """Likewise beside the other UNets, fitted on the caller's thread; what is under way keeps its own."""
        model = self._equipment.model
        nn.Module.to(unet, model.device, model.dtype)  # diffusers' own warns of nothing
        runner = self._equipment.ready(unet)
        return self.call(lambda equipment: adopt_unet(equipment, name, runner, trial))

    def drop_unet(self, name: str) -> "Future[None]":
        """For one that no image is drawn with any more: its memory is free then."""
        return self.call(lambda equipment: equipment.drop_unet(name))

    def read_unet(self, path: Path) -> UNet2DConditionModel:
        """Reads and checks it on the caller's thread, for `adopt_unet`. Raises InvalidRequest for a bad one."""
        return read_unet(path, self._equipment.model.unet)

    @property
    def num_unets(self) -> int:
        return len(self._equipment.unets)

    def adopt_reference(self, name: str, adapter: ImageAdapter, trial: Trial = Trial()) -> "Future[None]":  # noqa: B008
        """Likewise beside the other reference adapters."""
        model = self._equipment.model
        adapter.to(model.device, model.dtype)
        return self.call(lambda equipment: adopt_reference(equipment, name, adapter, trial))

    def drop_reference(self, name: str) -> "Future[None]":
        """As `drop_unet`."""
        return self.call(lambda equipment: equipment.encoders.pop(name))

    def read_reference(self, path: Path) -> ImageAdapter:
        """Likewise for `adopt_reference`."""
        return read_adapter(path, self._equipment.any_encoder().adapter, self._equipment.model.unet)

    @property
    def num_references(self) -> int:
        return len(self._equipment.encoders)

    def call(self, do: Callable[[Equipment], object]) -> "Future[None]":
        """Does something with the equipment between two steps, such as dropping a LoRA; its errors are the future's."""
        done: Future[None] = Future()
        self._loop.submit(Command(do, done))
        return done

    @property
    def num_unfinished(self) -> int:
        """Images that are being drawn or wait to be."""
        return len(self._unfinished)

    def estimate_wait_s(self) -> float:
        """Seconds that all accepted work still takes at the speed measured so far; for short work, an upper bound."""
        with self._lock:
            return self._work_ahead_s()

    def check(self, stall_timeout_s: float) -> None:
        """Raises EngineStuck when the loop is dead, or busy without a turn for `stall_timeout_s`."""
        if not self._thread.is_alive():
            raise EngineStuck("the step loop has ended")
        silent_s = time.monotonic() - self._loop.beat_s
        if self._loop.is_busy and silent_s > stall_timeout_s:
            raise EngineStuck(f"the step loop has been in one step for {silent_s:.0f} s")

    def stop(self, timeout_s: float = 10.0) -> None:
        self._loop.submit(None)
        self._thread.join(timeout_s)

    def _work_ahead_s(self) -> float:
        return sum(self._remaining_s(job) for job in self._unfinished.values())

    def _remaining_s(self, job: Job) -> float:
        request = job.request
        steps = request.num_steps - (job.progress.step if job.progress else 0)
        size_hw = (request.height_px // self._pixels_per_latent, request.width_px // self._pixels_per_latent)
        return steps * (2 if request.guidance_scale > 1.0 else 1) * self._loop.speed.row_step_s(size_hw)

    def _forget(self, result: "Future[FinishedImage]") -> None:
        with self._lock:
            del self._unfinished[result]

    def _run(self) -> None:
        torch.set_num_threads(self._num_threads)  # OpenMP's count belongs to the thread that sets it
        self._loop.run()
