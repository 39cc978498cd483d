"""Generations as their owner looks at them: one, or page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest
from serve_app.db.database import Database
from serve_app.db.tables import Generation, GenerationEvent, Image
from serve_app.jobs import transitions
from serve_app.jobs.job import Status
from serve_app.jobs.quotes import eta_s
from serve_app.jobs.rows import owned
from serve_app.webhooks.table import Webhook


@dataclass(frozen=True)
class Found:
    row: Generation
    images: Sequence[Image]  # by index
    queue_position: int | None  # 1: next; None: not waiting
    eta_s: float | None  # until it is drawn; None: not waiting, or nothing was measured yet
    webhook: Webhook | None


@dataclass(frozen=True)
class Since:
    """What was written of a generation after some event."""

    row: Generation
    events: Sequence[GenerationEvent]
    queue_position: int | None
    eta_s: float | None


async def find(database: Database, generation_id: str, user_id: str) -> Found:
    """Raises NotFound, also for another user's."""
    return await database.read(lambda session: _found(session, owned(session, generation_id, user_id)))


async def since(database: Database, generation_id: str, user_id: str, seq: int) -> Since:
    """What follows event number `seq`. Raises NotFound, also for another user's."""

    def look(session: Session) -> Since:
        row = owned(session, generation_id, user_id)  # first: if this has ended, the events say so too
        later = (GenerationEvent.generation_id == generation_id, GenerationEvent.seq > seq)
        events = session.scalars(select(GenerationEvent).where(*later).order_by(GenerationEvent.seq)).all()
        return Since(row, events, transitions.queue_position(session, row), eta_s(session, row))

    return await database.read(look)


async def page(
    database: Database, user_id: str, limit: int, after: str | None, kind: str | None, status: Status | None
) -> tuple[list[Found], bool]:
    """The newest first, and whether there are more. `after` is the id of the last one seen."""

    def look(session: Session) -> tuple[list[Found], bool]:
        wanted = select(Generation).where(Generation.user_id == user_id)
        if kind:
            wanted = wanted.where(Generation.kind == kind)
        if status:
            wanted = wanted.where(Generation.status == status)
        place = tuple_(Generation.created_at, Generation.id)
        if after:
            last = session.get(Generation, after)
            if last is None or last.user_id != user_id:
                raise InvalidRequest(f"after: no generation {after!r}", "invalid_cursor", "after")
            wanted = wanted.where(place < (last.created_at, last.id))
        newest_first = wanted.order_by(Generation.created_at.desc(), Generation.id.desc())
        rows = session.scalars(newest_first.limit(limit + 1)).all()
        return [_found(session, row) for row in rows[:limit]], len(rows) > limit

    return await database.read(look)


def _found(session: Session, row: Generation) -> Found:
    images = session.scalars(select(Image).where(Image.generation_id == row.id).order_by(Image.index)).all()
    webhook = session.get(Webhook, row.id)
    return Found(row, images, transitions.queue_position(session, row), eta_s(session, row), webhook)
