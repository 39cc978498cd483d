"""A generation that this process has drawn: what its watchers see before the database knows."""

import asyncio

from deployments.schemas import GenerationRecord, ImageProgress, ImageRecord
from serve_app.jobs.job import Lease


class Live:
    """Keeps the latest of each image only: who reads slowly skips some, and costs nothing."""

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.steps: dict[int, ImageProgress] = {}  # by image
        self.previews: dict[int, ImageProgress] = {}
        self._device_s: dict[int, float] = {}
        self.num_written = 0  # times that the database had news
        self.news = asyncio.Event()  # set once, by what comes next; then there is another
        self.result: asyncio.Future[GenerationRecord] = asyncio.get_running_loop().create_future()

    def tell(self, progress: ImageProgress) -> None:
        self.steps[progress.index] = progress
        self._device_s[progress.index] = progress.device_s
        if progress.preview_png:
            self.previews[progress.index] = progress
        self._wake()

    @property
    def device_s(self) -> float:
        """That this attempt has taken so far, as far as its service has told."""
        return sum(self._device_s.values())

    def tell_of_image(self, image: ImageRecord) -> None:
        """It is in the database; how far it was interests nobody any more."""
        index, self._device_s[image.index] = image.index, image.device_s
        self.steps.pop(index, None)
        self.previews.pop(index, None)
        self._tell_of_writing()

    def end(self, result: GenerationRecord | Exception) -> None:
        if isinstance(result, Exception):
            self.result.set_exception(result)
            self.result.exception()  # nobody may be waiting for it, and that is no mistake
        else:
            self.result.set_result(result)
        self._tell_of_writing()

    def _tell_of_writing(self) -> None:
        self.num_written += 1
        self._wake()

    def _wake(self) -> None:
        news, self.news = self.news, asyncio.Event()
        news.set()
