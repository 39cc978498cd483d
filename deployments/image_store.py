"""Finished images, behind two verbs, on any file system that fsspec knows."""

import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import fsspec

CHUNK_BYTES = 1 << 20


class ImageStore:
    """Stores each image once, whole: a reader sees all of it or nothing.

    `url` is a folder: `file:///…`, `s3://bucket/prefix`, `memory://…`.
    """

    def __init__(self, url: str) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(url)
        self._is_local = "file" in self._fs.protocol

    def put(self, key: str, content: bytes) -> None:
        path = f"{self._root}/{key}"
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        if not self._is_local:  # an object store shows an object only when its upload is complete
            self._fs.pipe_file(path, content)
            return
        partial = f"{path}.{secrets.token_hex(8)}.partial"  # two may write the same image at once
        with self._fs.open(partial, "wb") as file:
            file.write(content)
            _sync(file)
        os.replace(partial, path)

    def put_file(self, key: str, file: IO[bytes]) -> None:
        """As `put`, of what does not fit into memory, from where the file stands."""
        path = f"{self._root}/{key}"
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        written = f"{path}.partial" if self._is_local else path
        with self._fs.open(written, "wb") as target:
            shutil.copyfileobj(file, target, CHUNK_BYTES)
            if self._is_local:
                _sync(target)
        if self._is_local:
            os.replace(written, path)

    def chunks(self, key: str) -> Iterator[bytes]:
        """Raises FileNotFoundError, before the first one."""
        with self._fs.open(f"{self._root}/{key}", "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def get(self, key: str) -> bytes:
        """Raises FileNotFoundError when there is no such image."""
        content: bytes = self._fs.cat_file(f"{self._root}/{key}")
        return content

    def delete(self, key: str) -> None:
        """With what a crash has left of it. What is not there is gone already."""
        path = f"{self._root}/{key}"
        for found in (path, *(self._fs.glob(f"{glob.escape(path)}.*.partial") if self._is_local else ())):
            with suppress(FileNotFoundError):
                self._fs.rm_file(found)


def _sync(file: IO[bytes]) -> None:
    # The row that names this file is committed next; a crash must not leave a row without its file.
    file.flush()
    os.fsync(file.fileno())
