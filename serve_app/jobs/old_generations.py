"""Generations kept as long as this Emblem keeps them: deleted with their images, as their owner would."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from deployments.image_store import ImageStore
from deployments.specs import Kind
from serve_app.db.database import Database
from serve_app.db.tables import Generation
from serve_app.jobs import transitions
from serve_app.jobs.forever import forever
from serve_app.jobs.job import OUTCOMES
from serve_app.thumbnails import delete_images

logger = logging.getLogger("ray.serve")

LOOK_S = 3600.0
MAX_ROWS = 100  # in one transaction: who accepts a generation meanwhile waits for no more


class OldGenerations:
    """Any number of gateway replicas may delete. Files that a crash leaves without rows are collected by `Orphans`."""

    def __init__(self, database: Database, image_store: ImageStore, retention_days: float | None) -> None:
        self._database = database
        self._image_store = image_store
        self._retention_days = retention_days  # None: for ever

    async def open(self) -> None:
        self._loop = asyncio.create_task(forever(self.delete, partial(asyncio.sleep, LOOK_S)))

    async def close(self) -> None:
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)

    async def delete(self) -> None:
        if self._retention_days is None:
            return
        before = datetime.now(UTC) - timedelta(days=self._retention_days)
        while removed := await self._database.write(partial(_remove_some, before)):
            logger.info("%d generations that ended before %s are deleted", len(removed), before)
            for keys in removed:
                await delete_images(self._image_store, keys)


def _remove_some(before: datetime, session: Session) -> Sequence[Sequence[str]]:
    """Returns each one's files."""
    has_ended = (Generation.status.in_(OUTCOMES), Generation.finished_at < before)
    old = select(Generation).where(Generation.kind.in_(get_args(Kind)), *has_ended).limit(MAX_ROWS)  # kind: as indexed
    return [transitions.remove(session, row) for row in session.scalars(old.with_for_update(skip_locked=True))]
