"""Uploads at the door: a multipart request becomes fields and clean images."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.requests import Request

from deployments.errors import InvalidRequest, RateLimited
from serve_app.intake.body import BodyT, body_of_fields
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
