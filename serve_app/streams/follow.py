"""What happens to a generation, as it happens: from the database, and from this process where that has it drawn."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from dataclasses import dataclass

from deployments.schemas import ImageProgress
from serve_app.auth.key_store import Caller, KeyStore
from serve_app.db.database import Database
from serve_app.db.tables import GenerationEvent
from serve_app.jobs.dispatcher import POLL_S, Dispatcher
from serve_app.jobs.gallery import since
from serve_app.jobs.job import OUTCOMES
from serve_app.jobs.live import Live

KEEP_ALIVE_S = 10.0
CHECK_S = 2.0  # between looks whether the key is still good


@dataclass(frozen=True)
class Waits:
    queue_position: int  # 1: next
    eta_s: float | None

    @property
    def text(self) -> str:
        return f"queued position={self.queue_position}" + ("" if self.eta_s is None else f" eta_s={self.eta_s:.1f}")


@dataclass(frozen=True)
class Quiet:
    """Nothing else to tell for `KEEP_ALIVE_S`."""


News = GenerationEvent | ImageProgress | Waits | Quiet


class Follower:
    """Steps and previews are told where this process has the generation drawn; what is written, anywhere."""

    def __init__(
        self, database: Database, keys: KeyStore, jobs: Dispatcher, generation_id: str, caller: Caller, after: int = 0
    ) -> None:
        self._database = database
        self._keys = keys
        self._jobs = jobs
        self._id = generation_id
        self._caller = caller
        self._after = after  # this event
        self._has_ended = False
        self._num_read = -1  # of the live generation's writings
        self._place: int | None = None
        self._told: dict[tuple[int, bool], int] = {}  # the last step, by image and whether it had a preview
        self._told_s = self._checked_s = time.monotonic()

    async def news(self) -> AsyncGenerator[News]:
        """Ends with the terminal event. Who reads slowly skips steps and previews, and nothing that is written.

        Raises NotFound, also for another user's, and AuthenticationFailed once the key has ended.
        """
        while not self._has_ended:
            await self._check_key()
            live = self._jobs.live(self._id)
            coming = live.news if live else asyncio.Event()  # held before looking, so that nothing falls between
            fresh: list[News] = [*await self._written(live), *self._progress(live)]
            for news in fresh or self._silence():
                self._told_s = time.monotonic()
                yield news
            if not self._has_ended:
                await _wait(coming, CHECK_S if live else POLL_S)

    async def _check_key(self) -> None:
        if time.monotonic() - self._checked_s >= CHECK_S:
            await self._keys.check(self._caller.key_id)
            self._checked_s = time.monotonic()

    async def _written(self, live: Live | None) -> list[News]:
        if live and live.num_written == self._num_read:
            return []
        self._num_read = live.num_written if live else -1
        found = await since(self._database, self._id, self._caller.user_id, self._after)
        statuses = {found.row.status, *(event.status for event in found.events)}  # it may end between the two looks
        self._has_ended = not statuses.isdisjoint(OUTCOMES)
        self._after = found.events[-1].seq if found.events else self._after
        place, self._place = self._place, found.queue_position
        waits = [] if self._place in (None, place) else [Waits(self._place, found.eta_s)]
        return [*found.events, *waits]

    def _progress(self, live: Live | None) -> Iterator[ImageProgress]:
        if live is None or self._has_ended:
            return
        for progress in (*live.previews.values(), *live.steps.values()):
            key = (progress.index, progress.preview_png is not None)
            if progress.step > self._told.get(key, 0):
                self._told[key] = progress.step
                yield progress

    def _silence(self) -> list[News]:
        return [Quiet()] if time.monotonic() - self._told_s >= KEEP_ALIVE_S else []


async def _wait(news: asyncio.Event, timeout_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await news.wait()
