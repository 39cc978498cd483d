"""A folder of this machine, or of one that all nodes have mounted, as a place for images."""

import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import IO

CHUNK_BYTES = 1 << 20


class LocalFolder:
    """A file is written beside its place, down to the disk, and moved there: as `ImageStore` promises."""

    def __init__(self, root: str) -> None:
        self._root = root

    def put(self, key: str, content: bytes) -> None:
        path = self._place(key)
        partial = f"{path}.{secrets.token_hex(8)}.partial"  # two may write the same image at once
        with open(partial, "wb") as file:
            file.write(content)
            _sync(file)
        os.replace(partial, path)

    def put_file(self, key: str, file: IO[bytes]) -> None:
        path = self._place(key)
        partial = f"{path}.partial"
        with open(partial, "wb") as target:
            shutil.copyfileobj(file, target, CHUNK_BYTES)
            _sync(target)
        os.replace(partial, path)

    def chunks(self, key: str) -> Iterator[bytes]:
        with open(f"{self._root}/{key}", "rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def get(self, key: str) -> bytes:
        with open(f"{self._root}/{key}", "rb") as file:
            return file.read()

    def keys(self, before: datetime) -> Iterator[str]:
        for folder, _, names in os.walk(self._root):
            for path in (os.path.join(folder, name) for name in names):
                with suppress(FileNotFoundError):  # deleted meanwhile
                    if os.path.getmtime(path) < before.timestamp():
                        yield os.path.relpath(path, self._root)

    def delete(self, key: str) -> None:
        path = f"{self._root}/{key}"
        for found in (path, *glob.glob(f"{glob.escape(path)}.*.partial"), f"{path}.partial"):
            with suppress(FileNotFoundError):
                os.remove(found)

    def _place(self, key: str) -> str:
        path = f"{self._root}/{key}"
        os.makedirs(path.rpartition("/")[0], exist_ok=True)
        return path


def _sync(file: IO[bytes]) -> None:
    # The row that names this file is committed next; a crash must not leave a row without its file.
    file.flush()
    os.fsync(file.fileno())
