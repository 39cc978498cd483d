"""Jobs in the database: accepted, leased, finished exactly once, whatever dies meanwhile.

Moments are the gateway machines' own; a lease is long beside what their clocks may differ by.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployments.errors import Unavailable
from deployments.schemas import GenerationRecord, ImageRecord
from deployments.specs import Kind
from deployments.tracing import Tracing
from serve_app.audit.act import Act
from serve_app.db.database import Database
from serve_app.db.tables import Generation
from serve_app.jobs import transitions
from serve_app.jobs.acceptance import Accepted, Offer, accept, accept_all, offer
from serve_app.jobs.job import IN_PROGRESS, QUEUED, JobError, Lease, Outcome, Submission
from serve_app.jobs.minute import LedgerMinute, Minute
from serve_app.jobs.results import remember
from serve_app.jobs.rows import held, owned, write_down
from serve_app.jobs.transitions import LEASE

MAX_ATTEMPTS = 3  # begun; a generation that took this many gateways with it is not tried again
PATIENCE = timedelta(hours=1)  # for a service that does not come back


class JobStore:
    def __init__(
        self,
        database: Database,
        on_end: Callable[[Generation], None] = lambda _: None,
        minute: Minute | None = None,
        follow: Callable[[Session, Generation], bool] = lambda *_: False,
        tracing: Tracing | None = None,
    ) -> None:
        self._database = database
        self._minute = minute or LedgerMinute()
        self._on_end = on_end  # called once for each generation, on a thread of the database, when that is committed
        self._follow = follow  # called within the transaction of each end; True when it lets others go
        self._tracing = tracing or Tracing()

    async def submit(self, submission: Submission, worker: str | None, refusal: Unavailable | None = None) -> Accepted:
        """One transaction, of `accept`."""
        add = partial(accept, submission=submission, minute=self._minute, worker=worker, refusal=refusal)
        with self._tracing.span("admission", submission.request.traceparent):
            try:
                return await self._database.write(add)
            except IntegrityError:
                if submission.idempotency is None:
                    raise
                return await self._database.write(add)  # its twin, which came at the same moment, is known by now

    def accept_all(
        self, session: Session, submissions: Sequence[Submission]
    ) -> tuple[list[Generation], dict[str, str]]:
        """Within a transaction. As `acceptance.accept_all`."""
        with self._tracing.span("admission", submissions[0].request.traceparent):
            return accept_all(session, submissions, self._minute)

    async def quote(self, submission: Submission) -> Offer:
        """What `submit` would say now; keeps nothing."""
        return await self._database.read(partial(offer, submission=submission, minute=self._minute))

    async def claim(self, worker: str, room: Mapping[Kind, int], under_way: Sequence[str]) -> list[Lease]:
        """What waits, and what has been left; the user who has least under way comes first.

        Not what this worker has `under_way`: its late leases it renews, as soon as the database answers again.
        """

        def take(session: Session) -> list[Lease]:
            for late in transitions.expired(session):
                self._end(session, late, "expired", error=transitions.PASSED)
            rows = [
                row
                for kind, places in room.items()
                if places
                for row in transitions.waiting(session, kind, places, under_way)
            ]
            leases = []
            for row in rows:
                if row.attempt >= MAX_ATTEMPTS:
                    error = JobError(kind="GenerationFailed", message="its workers died", code="attempts_exhausted")
                    self._end(session, row, "failed", error=error)
                elif row.is_cancelled:
                    self._end(session, row, "cancelled")
                else:
                    leases.append(transitions.lease(session, row, worker))
            return leases

        return await self._database.write(take)

    async def renew(self, worker: str, generation_ids: Iterable[str]) -> tuple[set[str], set[str]]:
        """Those that are still this worker's, and of them those whose end was asked for."""
        ids = list(generation_ids)
        its_own = (Generation.id.in_(ids), Generation.worker == worker, Generation.status == IN_PROGRESS)

        def extend(session: Session) -> tuple[set[str], set[str]]:
            session.execute(update(Generation).where(*its_own).values(lease_until=datetime.now(UTC) + LEASE))
            rows = session.execute(select(Generation.id, Generation.is_cancelled).where(*its_own)).all()
            return {row.id for row in rows}, {row.id for row in rows if row.is_cancelled}

        return await self._database.write(extend)

    async def add_image(self, lease: Lease, image: ImageRecord) -> None:
        """Its file is stored by now. Raises LeaseLost."""

        def add(session: Session) -> None:
            row = held(session, lease)
            transitions.add_images(session, row, [image])

        await self._database.write(add)

    async def finish(
        self,
        lease: Lease,
        outcome: Outcome,
        device_s: float,
        record: GenerationRecord | None = None,
        error: JobError | None = None,
    ) -> bool:
        """The one end, with the images not told of before. `device_s`: of this attempt. Raises LeaseLost.

        True when others have waited for it, and may be drawn now.
        """

        def finish_held(session: Session) -> bool:
            row = held(session, lease)
            transitions.add_images(session, row, record.images if record else ())
            row.device_s = (row.device_s or 0.0) + device_s
            if record:
                remember(session, row, lease, record)
            return self._end(session, row, outcome, record, error)

        return await self._database.write(finish_held)

    async def give_back(self, lease: Lease, device_s: float, delay_s: float) -> None:
        """To be drawn later, by whoever comes; this attempt does not count. Raises LeaseLost."""

        def requeue(session: Session) -> None:
            row = held(session, lease)
            row.device_s = (row.device_s or 0.0) + device_s
            now = datetime.now(UTC)
            if now - row.created_at > PATIENCE:
                error = JobError(
                    kind="Unavailable", message="its service did not come back", code="service_unavailable"
                )
                self._end(session, row, "failed", error=error)
                return
            row.status, row.worker, row.lease_until = QUEUED, None, None
            row.attempt -= 1
            row.available_at = now + timedelta(seconds=delay_s)

        await self._database.write(requeue)

    async def cancel(self, generation_id: str, user_id: str, act: Act | None = None) -> Generation:
        """At once when it waits; when it is being drawn, its worker is told. Raises NotFound."""

        def mark(session: Session) -> Generation:
            row = owned(session, generation_id, user_id, is_locked=True)
            self.stop(session, row)
            write_down(session, act, row.id)
            return row

        return await self._database.write(mark)

    def stop(self, session: Session, row: Generation) -> None:
        """Within a transaction that has locked the row. Changes nothing when it has ended."""
        if row.status == QUEUED:
            self._end(session, row, "cancelled")
        elif row.status == IN_PROGRESS:
            row.is_cancelled = True

    async def delete(self, generation_id: str, user_id: str, act: Act | None = None) -> list[str]:
        """All rows of it; returns its files' keys. Raises NotFound, or Conflict while it has not ended."""

        def remove(session: Session) -> list[str]:
            row = owned(session, generation_id, user_id, is_locked=True)
            keys = transitions.remove(session, row)
            write_down(session, act, row.id)
            return keys

        return await self._database.write(remove)

    async def read(self, generation_id: str, user_id: str) -> Generation:
        """Raises NotFound, also for another user's."""
        return await self._database.read(lambda session: owned(session, generation_id, user_id))

    def _end(
        self,
        session: Session,
        row: Generation,
        outcome: Outcome,
        record: GenerationRecord | None = None,
        error: JobError | None = None,
    ) -> bool:
        transitions.end(session, row, outcome, record, error)
        event.listen(session, "after_commit", lambda _: self._on_end(row), once=True)
        return self._follow(session, row)
