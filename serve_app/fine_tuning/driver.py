"""Has fine-tuning jobs driven: each gateway replica takes what nobody drives, and keeps its leases while it lives."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from deployments.errors import Unavailable
from serve_app.fine_tuning.drive import Drive
from serve_app.fine_tuning.job import Lease, TrainingError
from serve_app.fine_tuning.store import FineTuningStore
from serve_app.jobs.dispatcher import RENEW_S
from serve_app.jobs.forever import forever
from serve_app.jobs.rows import LeaseLost

logger = logging.getLogger("ray.serve")

UNEXPECTED = TrainingError(code="internal_error", message="an unexpected error; the log has it under this job's id")


class Driver:
    def __init__(self, store: FineTuningStore, drive: Callable[[Lease], Drive], poll_s: float) -> None:
        self._store = store
        self._drive = drive
        self._poll_s = poll_s
        self._worker = f"gateway-{secrets.token_hex(8)}"
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        self._loops = [
            asyncio.create_task(forever(self._take, partial(asyncio.sleep, self._poll_s))),
            asyncio.create_task(forever(self._renew, partial(asyncio.sleep, RENEW_S))),
        ]

    async def close(self) -> None:
        """Runs go on; another replica, or the next start, follows them."""
        tasks = [*self._loops, *self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._store.give_back(self._worker)
        except Unavailable as error:  # the leases end by themselves
            logger.warning("fine-tuning jobs are not given back: %s", error)

    async def _take(self) -> None:
        for lease in await self._store.claim(self._worker, [*self._tasks]):
            task = self._tasks[lease.job_id] = asyncio.create_task(self._run(lease))
            task.add_done_callback(lambda _, job_id=lease.job_id: self._tasks.pop(job_id))  # type: ignore[misc]

    async def _renew(self) -> None:
        tasks = {**self._tasks}  # others may be begun meanwhile
        if tasks:
            held = await self._store.renew(self._worker, [*tasks])
            for job_id in tasks.keys() - held:
                tasks[job_id].cancel()

    async def _run(self, lease: Lease) -> None:
        """What can't be reached now is tried again: the lease is not renewed any more, and then somebody's."""
        try:
            await self._drive(lease).to_the_end()
        except LeaseLost:
            logger.info("%s is driven elsewhere, or has ended", lease.job_id)
        except Unavailable as error:
            logger.warning("%s waits: %s", lease.job_id, error)
        except Exception:
            logger.exception("%s failed", lease.job_id)
            with suppress(LeaseLost, Unavailable):
                await self._store.finish(lease, "failed", UNEXPECTED)
