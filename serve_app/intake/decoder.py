"""Uploaded images made clean, a few at a time, each in a process that may be killed."""

import asyncio
import queue
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from deployments.errors import InvalidRequest, Unavailable
from serve_app.intake.decode_process import CleanImage, DecodeProcess
from serve_app.intake.limits import ImageLimits
from serve_app.intake.media import image_format

NUM_PROCESSES = 2
MAX_WAITING = 8  # each with its file in memory


class ImageDecoder:
    """Processes begin with the first image and end with `close`, after which others may begin."""

    def __init__(self, limits: ImageLimits, num_processes: int = NUM_PROCESSES, max_waiting: int = MAX_WAITING) -> None:
        self.limits = limits
        self._max_unfinished = num_processes + max_waiting
        self._num_unfinished = 0
        self._processes = [DecodeProcess(limits) for _ in range(num_processes)]
        self._idle: queue.SimpleQueue[DecodeProcess] = queue.SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(num_processes, thread_name_prefix="decoder")

    async def decode(self, content: bytes) -> CleanImage:
        """Raises InvalidRequest, or Unavailable when too many wait."""
        self._check(content)
        if self._num_unfinished >= self._max_unfinished:
            raise Unavailable(f"{self._num_unfinished} images wait to be decoded", "overloaded")
        self._num_unfinished += 1
        try:
            work = partial(copy_context().run, self._decode, content)  # what it logs is about this request
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._num_unfinished -= 1

    async def close(self) -> None:
        for process in self._processes:
            await asyncio.to_thread(process.close)

    def _check(self, content: bytes) -> None:
        """What needs no decoder to be seen."""
        if not content:
            raise InvalidRequest("the file has 0 bytes", "empty_file")
        if len(content) > self.limits.max_bytes:
            raise InvalidRequest(f"{len(content)} bytes, at most {self.limits.max_bytes}", "file_too_large")
        image_format(content)

    def _decode(self, content: bytes) -> CleanImage:
        process = self._idle.get()  # as many threads as processes: there is one
        try:
            return process.decode(content)
        finally:
            self._idle.put(process)
