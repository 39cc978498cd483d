"""A multipart body, read as it comes: so many files and fields, each of a size, whole, and in time."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from deployments.errors import InvalidRequest

MAX_FIELDS = 20
MAX_FIELD_BYTES = 64 * 1024
READ_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class LargerFile:
    """A field that, before a file, allows that file to be larger."""

    field: str
    value: str
    max_bytes: int


class _Parser(MultiPartParser):
    """Starlette's bounds no file, takes a body that breaks off for a whole one, and what is no UTF-8 for Latin."""

    def __init__(self, request: Request, num_files: int, max_file_bytes: int, larger: LargerFile | None) -> None:
        super().__init__(
            request.headers, request.stream(),
            max_files=num_files, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES,
        )  # fmt: skip
        self._max_file_bytes = max_file_bytes
        self._larger = larger
        self._num_bytes = 0  # of the part that is being read
        self.is_whole = False

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._num_bytes = 0
        if self._larger and (self._larger.field, self._larger.value) in self.items:
            self._max_file_bytes = self._larger.max_bytes

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        super().on_part_data(data, start, end)
        self._num_bytes += end - start
        if self._num_bytes > self._max_file_bytes:
            name = self._current_part.field_name
            raise InvalidRequest(f"{name} is over {self._max_file_bytes} bytes", "file_too_large", name)

    def on_part_end(self) -> None:
        if self._current_part.file is None and not _is_utf8(self._current_part.data):
            raise MultiPartException(f"{self._current_part.field_name} is not UTF-8")
        super().on_part_end()

    def on_end(self) -> None:
        self.is_whole = True

    def close(self) -> None:
        """Files whose parts have no end too, which no form knows."""
        for file in self._files_to_close_on_error:
            file.close()


@asynccontextmanager
async def read_form(
    request: Request, file_names: Sequence[str], max_file_bytes: int, timeout_s: float, larger: LargerFile | None = None
) -> AsyncGenerator[tuple[dict[str, str], dict[str, UploadFile]]]:
    """Fields and files by name; the files, which may lie on disk, are gone afterwards. Raises InvalidRequest."""
    form = await _parse(request, len(file_names), max_file_bytes, timeout_s, larger)
    try:
        yield _sort(form, file_names)
    finally:
        await form.close()


async def _parse(
    request: Request, num_files: int, max_file_bytes: int, timeout_s: float, larger: LargerFile | None
) -> FormData:
    _check_kind(request.headers.get("content-type", ""))
    parser = _Parser(request, num_files, max_file_bytes, larger)
    try:
        async with asyncio.timeout(timeout_s):
            form = await parser.parse()
    except TimeoutError as error:
        raise InvalidRequest(f"the body did not come within {timeout_s:g} s", "request_timeout") from error
    except (MultiPartException, ClientDisconnect) as error:
        raise InvalidRequest(f"the body is not whole multipart: {error}", "invalid_multipart") from error
    if not parser.is_whole:
        parser.close()
        raise InvalidRequest("the body ends before its last boundary", "invalid_multipart")
    return form


def _check_kind(header: str) -> None:
    """Any other charset would choose among Python's codecs, some of which are none of text."""
    media_type, options = parse_options_header(header)
    if media_type != b"multipart/form-data" or options.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise InvalidRequest(f"multipart/form-data in UTF-8 is wanted, got {header[:80]!r}", "unsupported_media_type")


def _is_utf8(data: bytearray) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _sort(form: FormData, file_names: Sequence[str]) -> tuple[dict[str, str], dict[str, UploadFile]]:
    fields: dict[str, str] = {}
    files: dict[str, UploadFile] = {}
    for sent_name, value in form.multi_items():
        name = sent_name.removesuffix("[]")  # OpenAI's clients send lists so
        if name in fields or name in files:
            raise InvalidRequest(f"{name} came more than once", "invalid_multipart", name)
        if isinstance(value, str) and name in file_names:
            raise InvalidRequest(f"{name} must be a file, got {value[:80]!r}", "url_not_allowed", name)
        if isinstance(value, UploadFile) and name not in file_names:
            raise InvalidRequest(f"{name} must not be a file", "invalid_multipart", name)
        if isinstance(value, str):
            fields[name] = value
        else:
            files[name] = value
    return fields, files
