"""Has jobs drawn: each gateway replica takes what there is room for, keeps its leases, and says how each one ended."""

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from opentelemetry.trace import SpanKind

from deployments.errors import Conflict, Expired, Unavailable
from deployments.log import about
from deployments.schemas import GenerationRecord, ImageProgress, ImageRecord
from deployments.specs import Kind
from deployments.tracing import Attributes, Tracing, traceparent_of
from serve_app.audit.act import Act
from serve_app.circuit import Circuit
from serve_app.db.tables import Generation
from serve_app.jobs.acceptance import Accepted
from serve_app.jobs.forever import forever
from serve_app.jobs.job import OUTCOMES, JobError, Lease, Outcome, Submission
from serve_app.jobs.live import Live
from serve_app.jobs.rows import LeaseLost
from serve_app.jobs.store import JobStore
from serve_app.jobs.transitions import LEASE
from serve_app.service import Tell

logger = logging.getLogger("ray.serve")

POLL_S = 1.0  # between looks for work that others have left
RENEW_S = LEASE.total_seconds() / 5
MAX_UNDER_WAY = 64  # of a kind, in one replica; the engines choose among them


class Dispatcher:
    def __init__(
        self, store: JobStore, services: Mapping[Kind, Circuit], max_under_way: int = MAX_UNDER_WAY,
        tracing: Tracing | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._tracing = tracing or Tracing()
        self._services = services
        self._max_under_way = max_under_way
        self._worker = f"gateway-{secrets.token_hex(8)}"
        self._live: dict[str, Live] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._has_room = asyncio.Event()
        self._cancelling: set[asyncio.Task[Generation]] = set()
        self._is_closing = False

    async def open(self) -> None:
        self._loops = [
            asyncio.create_task(forever(self._take, self._wait_for_room)),
            asyncio.create_task(forever(self._renew, partial(asyncio.sleep, RENEW_S))),
        ]

    async def close(self) -> None:
        """What is under way goes back to the queue, for another replica or the next start."""
        self._is_closing = True
        tasks = [*self._loops, *self._tasks.values()]
        for task in tasks:
            _cancel(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def submit(self, submission: Submission) -> Accepted:
        """Accepted once this returns; begun at once when there is room.

        Raises InvalidRequest, RateLimited or Unavailable.
        """
        may_begin = self._room()[submission.kind] > 0 and not self._is_closing
        refusal = None if submission.is_patient else self._services[submission.kind].refusal()
        accepted = await self._store.submit(submission, self._worker if may_begin else None, refusal)
        if accepted.lease:
            self._begin(accepted.lease)
        elif not may_begin and self._room()[submission.kind]:  # a place has come free before there was who takes it
            self.wake()
        return accepted

    async def result(self, row: Generation) -> GenerationRecord:
        """Waits for its end. Raises what it failed with, or Conflict when it was cancelled."""
        if live := self._live.get(row.id):
            with suppress(LeaseLost):
                return await asyncio.shield(live.result)
        while row.status not in OUTCOMES:
            await asyncio.sleep(POLL_S)
            row = await self._store.read(row.id, row.user_id)
        if row.error:
            raise JobError.model_validate_json(row.error).as_exception()
        if row.record is None:
            raise _cancelled()
        return GenerationRecord.model_validate_json(row.record)

    def live(self, generation_id: str) -> Live | None:
        """None when another replica has it drawn, or nobody."""
        return self._live.get(generation_id)

    async def cancel(self, generation_id: str, user_id: str, act: Act | None = None) -> Generation:
        """Asked for again, or too late, it changes nothing. What is drawn by then is kept. Raises NotFound."""
        row = await self._store.cancel(generation_id, user_id, act)
        if row.is_cancelled:
            await self.stop([generation_id])
        return row

    async def stop(self, generation_ids: Sequence[str]) -> None:
        """Those whose end the database has been told to want, as far as this replica has them drawn."""
        tasks = [task for generation_id in generation_ids if (task := self._tasks.get(generation_id))]
        for task in tasks:
            _cancel(task)
        if tasks:
            await asyncio.wait(tasks)

    def wake(self) -> None:
        """There is work that was not submitted here."""
        self._has_room.set()

    def cancel_soon(self, row: Generation) -> None:
        """For a caller that has gone: nobody waits for the answer."""
        task = asyncio.create_task(self.cancel(row.id, row.user_id))
        self._cancelling.add(task)
        task.add_done_callback(self._cancelling.discard)

    def _room(self) -> dict[Kind, int]:
        under_way = [live.lease.kind for live in self._live.values()]
        return {kind: max(0, self._max_under_way - under_way.count(kind)) for kind in self._services}

    async def _take(self) -> None:
        for lease in await self._store.claim(self._worker, self._room(), [*self._live]):
            self._begin(lease)

    async def _wait_for_room(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_S):  # `wait_for` of Python 3.11 can swallow a cancellation
                await self._has_room.wait()
        self._has_room.clear()

    async def _renew(self) -> None:
        tasks = {**self._tasks}  # others may be begun meanwhile
        if not tasks:
            return
        held, cancelled = await self._store.renew(self._worker, tasks)
        for generation_id, task in tasks.items():
            if generation_id not in held or generation_id in cancelled:
                _cancel(task)

    def _begin(self, lease: Lease) -> None:
        live = self._live[lease.generation_id] = Live(lease)
        task = self._tasks[lease.generation_id] = asyncio.create_task(self._run(live))
        task.add_done_callback(lambda _: self._forget(lease))

    def _forget(self, lease: Lease) -> None:
        was_full = not self._room()[lease.kind]
        del self._live[lease.generation_id], self._tasks[lease.generation_id]
        if was_full:  # only then may one wait for its place
            self.wake()

    async def _run(self, live: Live) -> None:
        lease = live.lease
        about(lease.request.request_id, lease.request.traceparent)
        waited_since_s = lease.waited_since.timestamp()
        self._tracing.past("queue", lease.request.traceparent, waited_since_s, time.time(), {"attempt": lease.attempt})
        try:
            live.end(await self._draw(live))
        except asyncio.CancelledError:
            live.end(await self._stop(live))
        except Exception as error:
            live.end(error)

    async def _draw(self, live: Live) -> GenerationRecord:
        """Raises what it failed with, after that is in the database."""
        lease = live.lease

        async def tell(event: ImageProgress | ImageRecord) -> None:
            if isinstance(event, ImageRecord):
                await self._store.add_image(lease, event)
                live.tell_of_image(event)
            else:
                live.tell(event)

        try:
            record = await self._call_service(lease, tell)
            await self._finish(lease, "completed", record.device_s, record)
        except Unavailable as error:
            await self._postpone(live, error)
            raise
        except LeaseLost:
            raise
        except Expired as error:
            await self._finish(lease, "expired", live.device_s, error=JobError.of(error))
            raise
        except Exception as error:
            if JobError.of(error).code == "internal_error":
                logger.exception("%s failed", lease.generation_id)
            await self._finish(lease, "failed", live.device_s, error=JobError.of(error))
            raise
        return record

    async def _call_service(self, lease: Lease, tell: Tell) -> GenerationRecord:
        named: Attributes = {
            "generation_id": lease.generation_id,
            "request_id": lease.request.request_id,
            "attempt": lease.attempt,
        }
        with self._tracing.span(f"call {lease.kind}", lease.request.traceparent, SpanKind.CLIENT, named) as span:
            request = lease.request.model_copy(update={"traceparent": traceparent_of(span)})
            return await self._services[lease.kind].draw(request, tell)

    async def _finish(
        self, lease: Lease, outcome: Outcome, device_s: float, record: GenerationRecord | None = None,
        error: JobError | None = None,
    ) -> None:  # fmt: skip
        if await self._store.finish(lease, outcome, device_s, record, error):
            self.wake()

    async def _postpone(self, live: Live, error: Unavailable) -> None:
        if live.lease.is_patient:
            await self._store.give_back(live.lease, live.device_s, error.retry_after_s)
        else:
            await self._finish(live.lease, "failed", live.device_s, error=JobError.of(error))

    async def _stop(self, live: Live) -> Exception:
        """Cancelled by its caller, unless this replica closes or has lost the lease."""
        try:
            if self._is_closing:
                await self._store.give_back(live.lease, live.device_s, delay_s=0)
                return Unavailable("the gateway is closing", "shutting_down")
            await self._finish(live.lease, "cancelled", live.device_s)
        except (LeaseLost, Unavailable) as error:  # an end that can't be written now is, when the lease has run out
            return error
        return _cancelled()


def _cancel(task: asyncio.Task[None]) -> None:
    """Once: a second caller must not cut off what it writes of its end."""
    if not task.cancelling():
        task.cancel()


def _cancelled() -> Conflict:
    return Conflict("the generation was cancelled", "cancelled")
