"""Finished images and uploads, in a local folder or in an object store such as S3."""

from collections.abc import Iterator
from datetime import datetime
from typing import IO

import fsspec

from deployments.local_folder import LocalFolder
from deployments.object_store import OPTIONS, ObjectStore


class ImageStore:
    """Stores each image once, whole: a reader sees all of it or nothing, and what `put` has returned from stays.

    `url` is a folder: `file:///…`, `s3://bucket/prefix`. Raises ImportError where it needs a package
    that is not there. In an object store all methods raise Unavailable while it does not answer.
    """

    def __init__(self, url: str) -> None:
        protocol = url.partition("://")[0]
        file_system, root = fsspec.core.url_to_fs(url, **OPTIONS.get(protocol, {}))
        is_local = "file" in file_system.protocol
        self._place = LocalFolder(root) if is_local else ObjectStore(file_system, root)

    def put(self, key: str, content: bytes) -> None:
        self._place.put(key, content)

    def put_file(self, key: str, file: IO[bytes]) -> None:
        """As `put`, of what does not fit into memory, from where the file stands."""
        self._place.put_file(key, file)

    def chunks(self, key: str) -> Iterator[bytes]:
        """Raises FileNotFoundError, before the first one."""
        return self._place.chunks(key)

    def get(self, key: str) -> bytes:
        """Raises FileNotFoundError when there is no such image."""
        return self._place.get(key)

    def keys(self, before: datetime) -> Iterator[str]:
        """Of all files written before, also of those that a crash has left half written, in no order."""
        return self._place.keys(before)

    def delete(self, key: str) -> None:
        """With what a crash has left of it. What is not there is gone already."""
        self._place.delete(key)
