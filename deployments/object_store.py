"""An object store that fsspec knows as a place for images: an object is there once its upload is complete."""

import logging
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import IO, Any

from deployments.errors import Unavailable

logger = logging.getLogger("ray.serve")

CHUNK_BYTES = 1 << 20
PART_BYTES = 8 << 20  # of a file that is sent or read in parts
RETRY_S = 5.0

# By protocol. Others write too, so nothing is remembered; one that is away is found out in seconds, not in minutes.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "s3": {
        "use_listings_cache": False,
        "default_block_size": PART_BYTES,
        "config_kwargs": {"connect_timeout": 3, "read_timeout": 20, "retries": {"max_attempts": 2}},
    },
}


class ObjectStore:
    def __init__(self, file_system: Any, root: str) -> None:
        self._fs = file_system
        self._root = root

    def put(self, key: str, content: bytes) -> None:
        with self._answering():
            self._fs.pipe_file(f"{self._root}/{key}", content)

    def put_file(self, key: str, file: IO[bytes]) -> None:
        with self._answering():
            target = self._fs.open(f"{self._root}/{key}", "wb", autocommit=False)
            try:
                with target:
                    shutil.copyfileobj(file, target, CHUNK_BYTES)
            except BaseException:
                target.discard()
                raise
            target.commit()

    def chunks(self, key: str) -> Iterator[bytes]:
        with self._answering(may_be_missing=True), self._fs.open(f"{self._root}/{key}", "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def get(self, key: str) -> bytes:
        with self._answering(may_be_missing=True):
            content: bytes = self._fs.cat_file(f"{self._root}/{key}")
        return content

    def keys(self, before: datetime) -> Iterator[str]:
        with self._answering():
            found = self._fs.find(self._root, detail=True)
        yield from (
            path.removeprefix(f"{self._root}/") for path, told in found.items() if told["LastModified"] < before
        )

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError), self._answering(may_be_missing=True):
            self._fs.rm_file(f"{self._root}/{key}")

    @contextmanager
    def _answering(self, may_be_missing: bool = False) -> Iterator[None]:
        """Whatever it says, or does not say in time: each protocol has errors of its own for that."""
        try:
            yield
        except Exception as error:
            if may_be_missing and isinstance(error, FileNotFoundError):
                raise
            logger.warning("the image store %s: %s: %s", self._root, type(error).__name__, error)
            raise Unavailable("the image store does not answer", "image_store_unavailable", RETRY_S) from error
