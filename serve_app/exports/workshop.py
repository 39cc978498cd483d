"""Work on pixels, off the event loop: a few at a time, a bounded number waiting, so many of a key."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from deployments.errors import RateLimited, Unavailable

NUM_THREADS = 2
MAX_WAITING = 8
MAX_OF_A_KEY = 2
RETRY_S = 2.0

Result = TypeVar("Result")


class Workshop:
    """Threads begin with the first work; idle ones cost nothing."""

    def __init__(self, num_threads: int = NUM_THREADS, max_waiting: int = MAX_WAITING) -> None:
        self._max_unfinished = num_threads + max_waiting
        self._of_keys: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(num_threads, thread_name_prefix="pixels")

    async def run(self, key_id: str, work: Callable[[], Result]) -> Result:
        """Raises RateLimited or Unavailable, and what `work` raises.

        A caller who hangs up ends the waiting and not the work, which keeps its place until it is done.
        """
        self._refuse_more(key_id)
        self._of_keys[key_id] += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, work)
        done.add_done_callback(lambda _: self._forget(key_id))
        return await asyncio.shield(done)

    def _refuse_more(self, key_id: str) -> None:
        if self._of_keys[key_id] >= MAX_OF_A_KEY:
            raise RateLimited(f"this key has {MAX_OF_A_KEY} exports under way", "too_many_exports", RETRY_S)
        if self._of_keys.total() >= self._max_unfinished:
            raise Unavailable(f"{self._of_keys.total()} exports wait", "overloaded", RETRY_S)

    def _forget(self, key_id: str) -> None:
        self._of_keys[key_id] -= 1
        self._of_keys += Counter()  # forgets those at none
