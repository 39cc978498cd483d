"""What is kept for a while only: names of requests, what happened on the way to an end that has come, the audit log."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Delete, delete, select, tuple_

from serve_app.db.database import Database
from serve_app.db.tables import IS_PASSING, AuditEntry, Generation, GenerationEvent, IdempotencyKey
from serve_app.jobs.forever import forever
from serve_app.jobs.job import OUTCOMES

SWEEP_S = 60.0
MAX_ROWS = 500  # in one transaction: who accepts a generation meanwhile waits for no more


class Sweeper:
    """Any number of gateway replicas may sweep. Generations, their images and their ends stay."""

    def __init__(
        self, database: Database, idempotency_retention_h: float, event_retention_h: float, audit_retention_days: float
    ) -> None:
        self._database = database
        self._idempotency_retention = timedelta(hours=idempotency_retention_h)
        self._event_retention = timedelta(hours=event_retention_h)
        self._audit_retention = timedelta(days=audit_retention_days)

    async def open(self) -> None:
        self._loop = asyncio.create_task(forever(self.sweep, partial(asyncio.sleep, SWEEP_S)))

    async def close(self) -> None:
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)

    async def sweep(self) -> None:
        now = datetime.now(UTC)
        await self._delete(_names_before(now - self._idempotency_retention))
        await self._delete(_events_before(now - self._event_retention))
        await self._delete(_entries_before(now - self._audit_retention))

    async def _delete(self, some: Delete) -> None:
        while await self._database.write(lambda session: session.connection().execute(some).rowcount) == MAX_ROWS:
            pass


def _names_before(moment: datetime) -> Delete:
    name = (IdempotencyKey.api_key_id, IdempotencyKey.route, IdempotencyKey.key)
    has_ended = (Generation.created_at < moment, Generation.status.in_(OUTCOMES))
    old = select(*name).join(Generation, Generation.id == IdempotencyKey.generation_id).where(*has_ended)
    return delete(IdempotencyKey).where(tuple_(*name).in_(old.limit(MAX_ROWS)))


def _events_before(moment: datetime) -> Delete:
    """A stream that is asked for later tells the end alone."""
    event = (GenerationEvent.generation_id, GenerationEvent.seq)
    has_ended = (IS_PASSING, Generation.finished_at < moment)
    old = select(*event).join(Generation, Generation.id == GenerationEvent.generation_id).where(*has_ended)
    return delete(GenerationEvent).where(tuple_(*event).in_(old.limit(MAX_ROWS)))


def _entries_before(moment: datetime) -> Delete:
    old = select(AuditEntry.id).where(AuditEntry.created_at < moment)
    return delete(AuditEntry).where(AuditEntry.id.in_(old.limit(MAX_ROWS)))
