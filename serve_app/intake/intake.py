"""Uploads at the door: a multipart request becomes fields and clean images."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from deployments.errors import InvalidRequest, RateLimited
from serve_app.files.schemas import FileBody
from serve_app.intake.body import BodyT, body_of_fields
from serve_app.intake.data_set import DATA_SET, DataSetUpload, open_upload
from serve_app.intake.decode_process import CleanImage
from serve_app.intake.decoder import ImageDecoder
from serve_app.intake.media import check_declared
from serve_app.intake.multipart import READ_TIMEOUT_S, read_form

MAX_UPLOADS = 4  # of one key, at once, in this process
UPLOAD_RETRY_S = 1.0  # nobody knows when the first of them ends


@dataclass(frozen=True)
class Upload:
    filename: str  # as its sender calls it; never part of a path
    image: CleanImage


class Intake:
    def __init__(self, decoder: ImageDecoder, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._decoder = decoder
        self._read_timeout_s = read_timeout_s
        self._under_way: Counter[str] = Counter()

    async def read(
        self, request: Request, key_id: str, body_type: type[BodyT], file_names: Sequence[str]
    ) -> tuple[BodyT, dict[str, Upload]]:
        """Files by name; the first of `file_names` must be there. Raises InvalidRequest, RateLimited or Unavailable."""
        max_bytes = self._decoder.limits.max_bytes
        with self._place(key_id):
            async with read_form(request, file_names, max_bytes, self._read_timeout_s) as (fields, files):
                if file_names[0] not in files:
                    raise InvalidRequest(f"{file_names[0]} is required", "missing_parameter", file_names[0])
                body = body_of_fields(body_type, fields)
                return body, {name: await self._clean(name, file) for name, file in files.items()}

    @asynccontextmanager
    async def reading_file(
        self, request: Request, key_id: str, check: Callable[[FileBody], None]
    ) -> AsyncGenerator[tuple[FileBody, Upload | DataSetUpload]]:
        """One file of any purpose, gone afterwards; `check` comes before anything is done with it. Raises as `read`."""
        max_bytes = self._decoder.limits.max_bytes
        with self._place(key_id):
            async with read_form(request, ("file",), max_bytes, self._read_timeout_s, DATA_SET) as (fields, files):
                if "file" not in files:
                    raise InvalidRequest("file is required", "missing_parameter", "file")
                body = body_of_fields(FileBody, fields)
                check(body)
                yield body, await self._open(body, files["file"])

    async def _open(self, body: FileBody, file: UploadFile) -> Upload | DataSetUpload:
        if body.purpose != "dataset":
            return await self._clean("file", file)
        try:
            return await asyncio.to_thread(open_upload, file.filename or "", file.content_type or "", file.file)
        except InvalidRequest as error:
            raise InvalidRequest(f"file: {error.message}", error.code, "file") from error

    async def reopen(self, filename: str, content: bytes) -> Upload:
        """An image that was drawn here, as if it had been sent. Raises InvalidRequest or Unavailable."""
        return Upload(filename, await self._decoder.decode(content))

    async def close(self) -> None:
        await self._decoder.close()

    async def _clean(self, name: str, file: UploadFile) -> Upload:
        content = await file.read()
        try:
            check_declared(file.content_type or "", content)
            return Upload(file.filename or "", await self._decoder.decode(content))
        except InvalidRequest as error:
            raise InvalidRequest(f"{name}: {error.message}", error.code, name) from error

    @contextmanager
    def _place(self, key_id: str) -> Iterator[None]:
        if self._under_way[key_id] >= MAX_UPLOADS:
            raise RateLimited(f"this key has {MAX_UPLOADS} uploads under way", "too_many_uploads", UPLOAD_RETRY_S)
        self._under_way[key_id] += 1
        try:
            yield
        finally:
            self._under_way[key_id] -= 1
            self._under_way += Counter()  # forgets those at none
