"""The step loop: one thread owns the model and moves every image that is under way, a step at a time."""

import logging
import queue
import time
from dataclasses import dataclass

import torch

from deployments.engine.decode import decode
from deployments.engine.job import FinishedImage, Job
from deployments.engine.load import SdxlModel
from deployments.engine.sample import Sample, initial_latents, step
from deployments.engine.tables import euler_table
from deployments.engine.text import PromptEncoder
from deployments.errors import GenerationFailed

logger = logging.getLogger(__name__)


@dataclass
class Active:
    job: Job
    sample: Sample
    started_s: float
    last_turn: int = 0  # the turn of the loop that moved it last


class StepLoop:
    """Jobs join between two steps and leave when done or cancelled; sizes take turns, the longest-waiting first."""

    def __init__(self, model: SdxlModel, max_rows: int) -> None:
        self._model = model
        self._max_rows = max_rows
        self._encoder = PromptEncoder(model)
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._active: list[Active] = []
        self._turn = 0
        self.beat_s = time.monotonic()  # when the loop last came round; stale while busy means stuck
        self.is_busy = False

    def submit(self, job: Job | None) -> None:
        """From any thread. None ends the loop after the turn that it is in."""
        self._inbox.put(job)

    @property
    def num_active(self) -> int:
        return len(self._active) + self._inbox.qsize()

    @torch.inference_mode()
    def run(self) -> None:
        try:
            while self._admit():
                self._drop_cancelled()
                if self._active:
                    self._move(self._next_batch())
        finally:
            self._abandon()

    def _abandon(self) -> None:
        """Whoever waits for an image that this loop will not draw is told so."""
        abandoned = [active.job for active in self._active]
        while not self._inbox.empty():
            job = self._inbox.get()
            if job is not None and job.result.set_running_or_notify_cancel():
                abandoned.append(job)
        for job in abandoned:
            job.result.set_exception(GenerationFailed("the engine has stopped", "engine_stopped"))

    def _admit(self) -> bool:
        """Takes what has arrived, waiting for it when there is nothing else to do. False when told to end."""
        while True:
            self.is_busy = bool(self._active)
            self.beat_s = time.monotonic()
            try:
                job = self._inbox.get(block=not self._active)
            except queue.Empty:
                return True
            if job is None:
                return False
            self.is_busy, self.beat_s = True, time.monotonic()
            self._start(job)

    def _start(self, job: Job) -> None:
        if job.is_cancelled or not job.result.set_running_or_notify_cancel():
            return
        try:
            self._active.append(Active(job, self._prepare(job), time.monotonic()))
        except Exception as error:
            _fail(job, error)

    def _prepare(self, job: Job) -> Sample:
        request = job.request
        table = euler_table(self._model.scheduler, request.num_steps)
        return Sample(
            latents_CHW=initial_latents(
                self._model, request.seed, request.width_px, request.height_px, table.initial_sigma
            ),
            table=table,
            step_index=0,
            positive=self._encoder.encode(request.prompt),
            negative=self._encoder.encode_negative(request.negative_prompt),
            guidance_scale=request.guidance_scale,
            width_px=request.width_px,
            height_px=request.height_px,
        )

    def _drop_cancelled(self) -> None:
        for active in [active for active in self._active if active.job.is_cancelled]:
            self._active.remove(active)
            active.job.result.set_exception(GenerationFailed("cancelled", "cancelled"))

    def _next_batch(self) -> list[Active]:
        """Images of one size, longest-waiting first, up to `max_rows` rows and never none."""
        waiting = sorted(self._active, key=lambda active: active.last_turn)
        batch: list[Active] = []
        num_rows = 0
        for active in waiting:
            fits = not batch or num_rows + active.sample.num_rows <= self._max_rows
            if fits and active.sample.latents_CHW.shape == waiting[0].sample.latents_CHW.shape:
                batch.append(active)
                num_rows += active.sample.num_rows
        return batch

    def _move(self, batch: list[Active]) -> None:
        self._turn += 1
        try:
            step(self._model, [active.sample for active in batch])
        except Exception as error:
            for active in batch:
                self._active.remove(active)
                _fail(active.job, error)
            return
        for active in batch:
            active.last_turn = self._turn
            if active.sample.is_done:
                self._active.remove(active)
                self._finish(active)

    def _finish(self, active: Active) -> None:
        denoised_s = time.monotonic()
        try:
            pixels_HWC = decode(self._model, active.sample.latents_CHW)
        except Exception as error:
            _fail(active.job, error)
            return
        active.job.result.set_result(
            FinishedImage(
                pixels_HWC=pixels_HWC,
                num_prompt_tokens=active.sample.positive.num_tokens,
                is_prompt_truncated=active.sample.positive.is_truncated,
                queue_s=active.started_s - active.job.submitted_s,
                denoise_s=denoised_s - active.started_s,
                decode_s=time.monotonic() - denoised_s,
            )
        )


def _fail(job: Job, error: Exception) -> None:
    logger.exception("an image failed", exc_info=error)
    if not isinstance(error, GenerationFailed):
        error = GenerationFailed(f"the engine failed: {type(error).__name__}")
    job.result.set_exception(error)
