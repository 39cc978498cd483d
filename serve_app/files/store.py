"""Uploaded images and data sets: content in the image store, rows in the database, each content once for a user."""

import asyncio
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest, NotFound, RateLimited
from deployments.image_store import ImageStore
from serve_app.audit.act import Act
from serve_app.auth.key_store import Caller
from serve_app.db.database import Database
from serve_app.db.tables import ApiKey, UploadedFile
from serve_app.files.filename import shown_name
from serve_app.files.schemas import Purpose
from serve_app.intake.data_set import DataSetUpload
from serve_app.intake.intake import Upload

MAX_STORED_BYTES = 1024**3  # of a key, without what came to be drawn over: its limits on drawing bound that


class FileStore:
    def __init__(self, database: Database, images: ImageStore, max_stored_bytes: int = MAX_STORED_BYTES) -> None:
        self._database = database
        self._images = images
        self._max_stored_bytes = max_stored_bytes

    async def add(
        self, caller: Caller, upload: Upload | DataSetUpload, purpose: Purpose, act: Act | None = None
    ) -> tuple[UploadedFile, bool]:
        """The file, and whether it is new: the same content again is the file that is there.

        Raises RateLimited when the key has no space left.
        """
        row = _new_row(caller, upload, purpose)
        known = await self._database.read(lambda session: _same(session, caller.user_id, row.sha256))
        if known:
            _note(act, known)
            return known, False
        await asyncio.to_thread(self._put, row.key, upload)
        try:
            kept = await self._insert(row, act)
        except Exception:
            await asyncio.to_thread(self._images.delete, row.key)
            raise
        _note(act, kept)
        if kept is not row:
            await asyncio.to_thread(self._images.delete, row.key)
        return kept, kept is row

    async def find(self, file_id: str, user_id: str) -> UploadedFile:
        """Raises NotFound, also for another user's."""
        return await self._database.read(lambda session: _owned(session, file_id, user_id))

    async def find_image(self, file_id: str, user_id: str) -> UploadedFile:
        """Raises as `find`, and InvalidRequest for a data set."""
        row = await self.find(file_id, user_id)
        if row.purpose == "dataset":
            raise InvalidRequest(f"file {file_id!r} is a data set, and no image", "not_an_image", "file_id")
        return row

    def chunks(self, row: UploadedFile) -> Iterator[bytes]:
        """Of what may be large. Blocks; raises NotFound, before the first one, when it has just been deleted."""
        try:
            yield from self._images.chunks(row.key)
        except FileNotFoundError as error:
            raise _missing(row.id) from error

    async def copy(self, row: UploadedFile, path: Path) -> None:
        """Raises NotFound when it has just been deleted."""

        def write() -> None:
            with path.open("wb") as file:
                file.writelines(self.chunks(row))

        await asyncio.to_thread(write)

    async def content(self, row: UploadedFile) -> bytes:
        """Raises NotFound when it has just been deleted."""
        try:
            return await asyncio.to_thread(self._images.get, row.key)
        except FileNotFoundError as error:
            raise _missing(row.id) from error

    async def page(
        self, user_id: str, limit: int, after: str | None, purpose: Purpose | None
    ) -> tuple[Sequence[UploadedFile], bool]:
        """The newest first, and whether there are more. Raises InvalidRequest for an `after` that is not there."""

        def look(session: Session) -> tuple[Sequence[UploadedFile], bool]:
            wanted = select(UploadedFile).where(UploadedFile.user_id == user_id)
            if purpose:
                wanted = wanted.where(UploadedFile.purpose == purpose)
            if after:
                last = session.get(UploadedFile, after)
                if last is None or last.user_id != user_id:
                    raise InvalidRequest(f"after: no file {after!r}", "invalid_cursor", "after")
                place = tuple_(UploadedFile.created_at, UploadedFile.id)
                wanted = wanted.where(place < (last.created_at, last.id))
            newest_first = wanted.order_by(UploadedFile.created_at.desc(), UploadedFile.id.desc())
            rows = session.scalars(newest_first.limit(limit + 1)).all()
            return rows[:limit], len(rows) > limit

        return await self._database.read(look)

    async def delete(self, file_id: str, user_id: str, act: Act | None = None) -> None:
        """Row and content; what waits to be drawn from it fails. Raises NotFound, also for another user's."""

        def remove(session: Session) -> str:
            row = _owned(session, file_id, user_id, is_locked=True)
            session.delete(row)
            if act:
                act.upon("file", row.id).write(session)
            return row.key

        await asyncio.to_thread(self._images.delete, await self._database.write(remove))

    def _put(self, key: str, upload: Upload | DataSetUpload) -> None:
        if isinstance(upload, DataSetUpload):
            self._images.put_file(key, upload.file)
        else:
            self._images.put(key, upload.image.png)

    async def _insert(self, row: UploadedFile, act: Act | None) -> UploadedFile:
        """Returns its twin where that came at the same moment."""

        def add(session: Session) -> UploadedFile:
            if row.purpose != "edit":
                self._refuse_more(session, row)
            session.add(row)
            if act:
                act.upon("file", row.id).write(session)
            return row

        try:
            return await self._database.write(add)
        except IntegrityError:
            twin = await self._database.read(lambda session: _same(session, row.user_id, row.sha256))
            if twin is None:
                raise
            return twin

    def _refuse_more(self, session: Session, row: UploadedFile) -> None:
        # Of two gateways that ask at once, the second waits here until the first has stored.
        session.execute(select(ApiKey.id).where(ApiKey.id == row.api_key_id).with_for_update())
        counted = (UploadedFile.api_key_id == row.api_key_id, UploadedFile.purpose != "edit")
        used_bytes = session.scalar(select(func.sum(UploadedFile.size_bytes)).where(*counted)) or 0
        if used_bytes + row.size_bytes > self._max_stored_bytes:
            message = f"this key's files have {used_bytes} of {self._max_stored_bytes} bytes: delete some"
            raise RateLimited(message, "storage_quota_exceeded", None)


def _note(act: Act | None, row: UploadedFile) -> None:
    """Nothing was changed where its content was there before: the entry has a transaction of its own then."""
    if act:
        act.upon("file", row.id)


def _new_row(caller: Caller, upload: Upload | DataSetUpload, purpose: Purpose) -> UploadedFile:
    file_id = f"file_{uuid.uuid4().hex}"
    row = UploadedFile(
        id=file_id, api_key_id=caller.key_id, user_id=caller.user_id, filename=shown_name(upload.filename),
        purpose=purpose, created_at=datetime.now(UTC), width_px=0, height_px=0, has_alpha=False,
    )  # fmt: skip
    if isinstance(upload, DataSetUpload):
        row.key, row.sha256, row.size_bytes = f"files/{file_id}.zip", upload.sha256, upload.size_bytes
        return row
    image = upload.image
    row.key, row.sha256, row.size_bytes = f"files/{file_id}.png", image.sha256, len(image.png)
    row.width_px, row.height_px, row.has_alpha = image.width_px, image.height_px, image.has_alpha
    return row


def _same(session: Session, user_id: str, sha256: str) -> UploadedFile | None:
    return session.scalar(select(UploadedFile).filter_by(user_id=user_id, sha256=sha256).limit(1))


def _owned(session: Session, file_id: str, user_id: str, is_locked: bool = False) -> UploadedFile:
    """Raises NotFound, also for another user's: whether it exists is not the caller's to know."""
    row = session.get(UploadedFile, file_id, with_for_update=is_locked or None)
    if row is None or row.user_id != user_id:
        raise _missing(file_id)
    return row


def _missing(file_id: str) -> NotFound:
    return NotFound(f"no file {file_id!r}", "file_not_found")
