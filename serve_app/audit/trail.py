"""The audit log: what was changed and by whom, as far as it is kept."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest
from serve_app.audit.act import Act
from serve_app.db.database import Database
from serve_app.db.tables import AuditEntry


class Trail:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, act: Act, outcome: str) -> None:
        """For what no change's own transaction has written: refusals, and calls that found nothing to change."""
        await self._database.write(lambda session: act.write(session, outcome))

    async def page(self, limit: int, after: str | None, wanted: Mapping[str, str]) -> tuple[Sequence[AuditEntry], bool]:
        """The newest first, those whose columns are as `wanted`, and whether there are more. Raises InvalidRequest."""

        def look(session: Session) -> tuple[Sequence[AuditEntry], bool]:
            found = select(AuditEntry).filter_by(**wanted)
            if after:
                last = session.get(AuditEntry, after)
                if last is None:
                    raise InvalidRequest(f"after: no entry {after!r}", "invalid_cursor", "after")
                place = tuple_(AuditEntry.created_at, AuditEntry.id)
                found = found.where(place < (last.created_at, last.id))
            newest_first = found.order_by(AuditEntry.created_at.desc(), AuditEntry.id.desc())
            rows = session.scalars(newest_first.limit(limit + 1)).all()
            return rows[:limit], len(rows) > limit

        return await self._database.read(look)
