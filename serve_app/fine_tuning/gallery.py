"""Fine-tuning jobs and their events as their owner looks at them: one, or page by page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest
from serve_app.db.database import Database
from serve_app.fine_tuning.job import EventType
from serve_app.fine_tuning.rows import owned
from serve_app.fine_tuning.tables import FineTuningEvent, FineTuningJob


@dataclass(frozen=True)
class Since:
    row: FineTuningJob
    events: Sequence[FineTuningEvent]


async def find(database: Database, job_id: str, user_id: str) -> FineTuningJob:
    """Raises NotFound, also for another user's."""
    return await database.read(lambda session: owned(session, job_id, user_id))


async def page(
    database: Database, user_id: str, limit: int, after: str | None
) -> tuple[Sequence[FineTuningJob], bool]:  # fmt: skip
    """The newest first, and whether there are more. Raises InvalidRequest for an `after` that is not there."""

    def look(session: Session) -> tuple[Sequence[FineTuningJob], bool]:
        wanted = select(FineTuningJob).where(FineTuningJob.user_id == user_id)
        if after:
            last = session.get(FineTuningJob, after)
            if last is None or last.user_id != user_id:
                raise InvalidRequest(f"after: no fine-tuning job {after!r}", "invalid_cursor", "after")
            wanted = wanted.where(tuple_(FineTuningJob.created_at, FineTuningJob.id) < (last.created_at, last.id))
        newest_first = wanted.order_by(FineTuningJob.created_at.desc(), FineTuningJob.id.desc())
        rows = session.scalars(newest_first.limit(limit + 1)).all()
        return rows[:limit], len(rows) > limit

    return await database.read(look)


async def since(database: Database, job_id: str, user_id: str, seq: int) -> Since:
    """What follows event number `seq`. Raises NotFound, also for another user's."""

    def look(session: Session) -> Since:
        row = owned(session, job_id, user_id)  # first: if this has ended, the events say so too
        later = (FineTuningEvent.job_id == job_id, FineTuningEvent.seq > seq)
        events = session.scalars(select(FineTuningEvent).where(*later).order_by(FineTuningEvent.seq)).all()
        return Since(row, events)

    return await database.read(look)


async def event_page(
    database: Database, job_id: str, user_id: str, limit: int, after: str | None, kind: EventType | None = None
) -> tuple[Sequence[FineTuningEvent], bool]:
    """The newest first, and whether there are more. Raises NotFound and InvalidRequest."""
    before = None if after is None else sequence_number(job_id, after, "invalid_cursor", "after")

    def look(session: Session) -> tuple[Sequence[FineTuningEvent], bool]:
        owned(session, job_id, user_id)
        wanted = select(FineTuningEvent).where(FineTuningEvent.job_id == job_id)
        if kind:
            wanted = wanted.where(FineTuningEvent.type == kind)
        if before is not None:
            wanted = wanted.where(FineTuningEvent.seq < before)
        rows = session.scalars(wanted.order_by(FineTuningEvent.seq.desc()).limit(limit + 1)).all()
        return rows[:limit], len(rows) > limit

    return await database.read(look)


def sequence_number(job_id: str, event_id: str, code: str, param: str) -> int:
    """Of an event's id, `JOB:NUMBER`. Raises InvalidRequest."""
    match = re.fullmatch(r"(\w+):(\d{1,9})", event_id, re.ASCII)
    if not match or match[1] != job_id:
        raise InvalidRequest(f"{param}: no event {event_id!r} of {job_id!r}", code, param)
    return int(match[2])
