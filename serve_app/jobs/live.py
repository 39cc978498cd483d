"""A generation that this process has drawn: what its watchers see before the database knows."""

import asyncio

from deployments.schemas import GenerationRecord, ImageProgress
from serve_app.jobs.job import Lease


class Live:
    """Keeps the latest of each image only: who reads slowly skips some, and costs nothing."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.progress: dict[int, ImageProgress] = {}
        self.result: asyncio.Future[GenerationRecord] = asyncio.get_running_loop().create_future()
        self._news = asyncio.Event()

    def tell(self, progress: ImageProgress | None = None) -> None:
        if progress:
            self.progress[progress.index] = progress
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def changed(self) -> None:
        await self._news.wait()

    def end(self, result: GenerationRecord | Exception) -> None:
        if isinstance(result, Exception):
            self.result.set_exception(result)
            self.result.exception()  # nobody may be waiting for it, and that is no mistake
        else:
            self.result.set_result(result)
        self.tell()
