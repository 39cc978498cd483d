"""Files of the image store that no row names: what a crash, or a store that was away, has left of what is deleted."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import PurePosixPath

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from deployments.image_store import ImageStore
from serve_app.db.database import Database
from serve_app.db.tables import Image, UploadedFile
from serve_app.jobs.forever import forever
from serve_app.thumbnails import image_key

logger = logging.getLogger("ray.serve")

LOOK_S = 6 * 3600.0
YOUNG = timedelta(days=1)  # a file is there before its row, and while its generation is drawn
MAX_KEYS = 500  # in one question


class Orphans:
    """Any number of gateway replicas may collect."""

    def __init__(self, database: Database, image_store: ImageStore, min_age: timedelta = YOUNG) -> None:
        self._database = database
        self._image_store = image_store
        self._min_age = min_age

    async def open(self) -> None:
        self._loop = asyncio.create_task(forever(self.collect, partial(asyncio.sleep, LOOK_S)))

    async def close(self) -> None:
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)

    async def collect(self) -> None:
        old = await asyncio.to_thread(lambda: [*self._image_store.keys(datetime.now(UTC) - self._min_age)])
        for start in range(0, len(old), MAX_KEYS):
            keys = old[start : start + MAX_KEYS]
            named = await self._database.read(partial(_named, keys))
            for key in (key for key in keys if image_key(key) not in named):
                logger.info("no row names %s in the image store: deleted", key)
                await asyncio.to_thread(self._image_store.delete, key)


def _named(keys: Sequence[str], session: Session) -> set[str]:
    """Of the rows that these could belong to: a file's key holds its id, an image's that of its generation."""
    paths = [PurePosixPath(key) for key in keys]
    files = select(UploadedFile.key).where(UploadedFile.id.in_({path.stem for path in paths}))
    images = select(Image.key).where(Image.generation_id.in_({path.parent.name for path in paths}))
    return {*session.scalars(union(files, images))}
