"""Passwords: what one must be, and argon2id on a few threads of its own."""

import asyncio
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from deployments.errors import InvalidRequest, Unavailable

MIN_CHARS = 12
MAX_CHARS = 128
NUM_THREADS = 2  # hashes at once: each takes 19 MB, and a core for some 30 ms
MAX_UNDER_WAY = 16  # with those that wait
RETRY_S = 1.0

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's choice for argon2id

T = TypeVar("T")


class Passwords:
    """Raises Unavailable when too many are hashed already: the rest of the gateway never waits for them."""

    def __init__(self, num_threads: int = NUM_THREADS, max_under_way: int = MAX_UNDER_WAY) -> None:
        self._threads = ThreadPoolExecutor(num_threads, thread_name_prefix="passwords")
        self._room = threading.BoundedSemaphore(max_under_way)

    async def hash(self, password: str) -> str:
        """Raises InvalidRequest for one that is too short or too long."""
        normal = _normal(password)
        if len(password) > MAX_CHARS or not MIN_CHARS <= len(normal) <= MAX_CHARS:
            reason = f"a password has {MIN_CHARS} to {MAX_CHARS} characters, this has {len(normal)}"
            raise InvalidRequest(reason, "invalid_password", "password")
        return await self._run(partial(_HASHER.hash, normal))

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """False without a hash, after the same work: the time tells nobody which users there are."""
        return await self._run(partial(_is_right, _normal(password), password_hash))

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._room.acquire(blocking=False):
            raise Unavailable("too many sign in at once", "sign_in_busy", RETRY_S)
        running = self._threads.submit(work)
        running.add_done_callback(lambda _: self._room.release())  # also when the caller has gone
        return await asyncio.wrap_future(running)


def _normal(password: str) -> str:
    """The same letters, however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def _is_right(password: str, password_hash: str | None) -> bool:
    if password_hash is None:
        _HASHER.hash(password)
        return False
    try:
        return _HASHER.verify(password_hash, password)
    except VerifyMismatchError:
        return False
