"""The engine's face: submit an image, ask whether the loop is well, stop."""

import threading
import time

import torch

from deployments.engine.job import ImageRequest, Job
from deployments.engine.load import SdxlModel
from deployments.engine.loop import StepLoop


class EngineStuck(RuntimeError):
    """The step loop has died, or has not come round for longer than any step can take."""


class Engine:
    """A model and the one thread that may touch it; knows nothing of HTTP, Ray or storage."""

    def __init__(self, model: SdxlModel, max_rows: int, num_threads: int) -> None:
        self._loop = StepLoop(model, max_rows)
        self._num_threads = num_threads
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, request: ImageRequest) -> Job:
        job = Job(request)
        self._loop.submit(job)
        return job

    @property
    def num_active(self) -> int:
        """Images that are being drawn or wait to be."""
        return self._loop.num_active

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

    def _run(self) -> None:
        torch.set_num_threads(self._num_threads)  # OpenMP's count belongs to the thread that sets it
        self._loop.run()
