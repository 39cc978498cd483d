"""The step loop: one thread owns the model and moves every image that is under way, a step at a time."""

import logging
import queue
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import torch

from deployments.engine.decode import decode_all
from deployments.engine.equipment import Equipment
from deployments.engine.job import Job, Progress
from deployments.engine.outcome import fail, image_of
from deployments.engine.policy import FairShare, choose
from deployments.engine.prepare import Preparer
from deployments.engine.preview import PreviewMap
from deployments.engine.speed import Speed
from deployments.engine.step import step
from deployments.engine.unit import Member, Unit
from deployments.engine.watcher import Watcher
from deployments.errors import Expired, GenerationFailed, InvalidRequest

logger = logging.getLogger("ray.serve")  # a name like any other; on a replica, what is kept

PASSED = "its deadline passed before it was begun"

Jobs = tuple[Job, ...]  # of one unit


@dataclass(frozen=True)
class Command:
    """Something to do with the equipment between two steps."""

    do: Callable[[Equipment], object]
    done: "Future[None]"


class StepLoop:
    """Units join between two steps and leave when done or cancelled; `policy.choose` says who moves next."""

    def __init__(
        self,
        equipment: Equipment,
        max_rows: int,
        max_active_pixels: int,
        fair_share: FairShare,
        watcher: Watcher,
    ) -> None:
        self._equipment = equipment
        self._watcher = watcher
        self._preparer = Preparer(equipment, watcher)
        self._preview_map: PreviewMap | None = None  # fitted when the first preview is asked for
        self._max_rows = max_rows
        self._max_active_pixels = max_active_pixels
        self._fair_share = fair_share
        self._inbox: queue.SimpleQueue[Jobs | Command | None] = queue.SimpleQueue()
        self._waiting: deque[Jobs] = deque()
        self._active: list[Unit] = []
        self.speed = Speed()
        self.beat_s = time.monotonic()  # when the loop last came round; stale while busy means stuck
        self.is_busy = False

    def submit(self, jobs: Jobs | Command | None) -> None:
        """From any thread. None ends the loop after the turn that it is in."""
        self._inbox.put(jobs)

    @torch.inference_mode()
    def run(self) -> None:
        try:
            while self._receive():
                self._admit()
                self._drop_cancelled()
                self._drop_late()
                if self._active:
                    self._turn()
                self._watcher.worked(time.monotonic() - self.beat_s)
        finally:
            self._abandon()

    def _receive(self) -> bool:
        """Takes what has arrived, waiting for it when there is nothing else to do. False when told to end."""
        while True:
            has_work = bool(self._active or self._waiting)
            self.is_busy, self.beat_s = has_work, time.monotonic()
            try:
                jobs = self._inbox.get(block=not has_work)
            except queue.Empty:
                return True
            if jobs is None:
                return False
            if isinstance(jobs, Command):
                self._execute(jobs)
            else:
                self._waiting.append(jobs)

    def _execute(self, command: Command) -> None:
        try:
            command.do(self._equipment)
        except Exception as error:
            command.done.set_exception(error)
        else:
            command.done.set_result(None)

    def _admit(self) -> None:
        """In the order of arrival, as long as the latents of all that is under way fit the budget; one always does."""
        while self._waiting:
            pixels = sum(job.request.width_px * job.request.height_px for job in self._waiting[0])
            if self._active and pixels + sum(unit.num_pixels for unit in self._active) > self._max_active_pixels:
                return
            # What was cancelled while it waited says so here, and goes no further.
            jobs = tuple(job for job in self._waiting.popleft() if job.result.set_running_or_notify_cancel())
            if jobs:
                self._start(jobs)

    def _start(self, jobs: Jobs) -> None:
        members, taken_s = list[Member](), time.monotonic()
        try:
            for job in jobs:
                leader = members[0].sample if members else None
                members.append(Member(job, self._preparer.prepare(job.request, leader)))
        except Exception as error:
            for member in members:
                member.sample.leave()
            fail(jobs, InvalidRequest(str(error), "invalid_value") if isinstance(error, ValueError) else error)
            return
        self._active.append(Unit(members, taken_s))

    def _drop_cancelled(self) -> None:
        for unit in list(self._active):
            is_abandoned = unit.is_abandoned
            if is_abandoned:
                self._active.remove(unit)
            for member in unit.members if is_abandoned else unit.drop_cancelled_followers():
                member.sample.leave()
                member.job.result.set_exception(GenerationFailed("cancelled", "cancelled"))

    def _drop_late(self) -> None:
        now_s = time.monotonic()
        for unit in [unit for unit in self._active if unit.is_late(now_s)]:
            self._give_up(unit, Expired(PASSED, "deadline_passed"))

    def _give_up(self, unit: Unit, error: Exception) -> None:
        self._active.remove(unit)
        for member in unit.members:
            member.sample.leave()
        fail(tuple(member.job for member in unit.members), error)

    def _turn(self) -> None:
        now_s = time.monotonic()
        candidates = [unit.candidate(self.speed, now_s) for unit in self._active]
        batch = [self._active[index] for index in choose(candidates, self._max_rows, self._fair_share)]
        self._move(batch)
        moved = [unit for unit in batch if unit in self._active]
        for unit in moved:
            unit.moved_s = time.monotonic()
            self._report(unit)
        self._finish([unit for unit in moved if unit.lead.is_done])

    def _move(self, batch: list[Unit]) -> None:
        """One step of all; after a failure of each alone, so that no unit fails for another's fault."""
        num_rows = sum(unit.num_rows for unit in batch)
        started_s = time.monotonic()
        try:
            step(self._equipment, [member.sample for unit in batch for member in unit.members])
        except Exception as error:
            if isinstance(error, torch.OutOfMemoryError):
                self._shrink(num_rows)
            if len(batch) > 1:
                for unit in batch:
                    self._move([unit])
                return
            self._give_up(batch[0], error)
            return
        step_s = time.monotonic() - started_s
        self._watcher.called_unet(num_rows)
        self.speed.record(batch[0].size_hw, num_rows, step_s)
        for unit in batch:
            unit.share(step_s / num_rows)

    def _shrink(self, num_rows: int) -> None:
        self._max_rows = max(1, min(self._max_rows, num_rows) // 2)
        torch.cuda.empty_cache()
        logger.warning("out of memory at %d rows; from now on at most %d", num_rows, self._max_rows)

    def _report(self, unit: Unit) -> None:
        for member in unit.members:
            job, sample = member.job, member.sample
            every = job.request.preview_every
            preview = None
            is_due = every and sample.step_index % every == 0 and not sample.is_done  # the image itself follows
            if is_due and sample.x0_CHW is not None:
                self._preview_map = self._preview_map or PreviewMap(self._equipment.model)
                preview = self._preview_map.render(sample.x0_CHW)
            job.report(Progress(sample.step_index, sample.table.num_steps, preview, job.device_s))

    def _finish(self, units: list[Unit]) -> None:
        """Those that are done at the same step are decoded together."""
        done = [(unit, member) for unit in units for member in unit.members]
        for unit in units:
            self._active.remove(unit)
        if not done:
            return
        denoised_s = time.monotonic()
        for _, member in done:
            member.sample.leave()
        try:
            decoded = decode_all(self._equipment.model, [member.sample.latents_CHW for _, member in done])
        except Exception as error:
            fail(tuple(member.job for _, member in done), error)
            return
        decode_s = (time.monotonic() - denoised_s) / len(done)
        for (unit, member), pixels_HWC in zip(done, decoded, strict=True):
            member.job.device_s += decode_s
            if isinstance(pixels_HWC, GenerationFailed):
                fail((member.job,), pixels_HWC)
            else:
                member.job.result.set_result(image_of(unit, member, pixels_HWC, denoised_s))

    def _abandon(self) -> None:
        """Whoever waits for an image that this loop will not draw is told so."""
        units = [tuple(member.job for member in unit.members) for unit in self._active]
        waiting = [*self._waiting]
        while not self._inbox.empty():
            left = self._inbox.get()
            if isinstance(left, Command):
                left.done.set_exception(GenerationFailed("the engine has stopped", "engine_stopped"))
            else:
                waiting.append(left or ())
        units += [tuple(job for job in jobs if job.result.set_running_or_notify_cancel()) for jobs in waiting]
        for job in (job for jobs in units for job in jobs):
            job.result.set_exception(GenerationFailed("the engine has stopped", "engine_stopped"))
