"""How many generations wait, looked up now and then."""

import asyncio
from functools import partial

from sqlalchemy import func, select

from deployments.specs import KINDS
from serve_app.db.database import Database
from serve_app.db.tables import Generation
from serve_app.jobs.forever import forever
from serve_app.jobs.job import QUEUED
from serve_app.metrics import GatewayMetrics

LOOK_S = 5.0


class QueueWatch:
    def __init__(self, database: Database, metrics: GatewayMetrics, look_s: float = LOOK_S) -> None:
        self._database = database
        self._metrics = metrics
        self._look_s = look_s

    async def open(self) -> None:
        self._loop = asyncio.create_task(forever(self._look, partial(asyncio.sleep, self._look_s)))

    async def close(self) -> None:
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)

    async def _look(self) -> None:
        waiting = select(Generation.kind, func.count()).where(Generation.status == QUEUED).group_by(Generation.kind)
        rows = await self._database.read(lambda session: session.execute(waiting).all())
        counts = {row[0]: row[1] for row in rows}
        for kind in KINDS:
            self._metrics.queue_is(kind, counts.get(kind, 0))
