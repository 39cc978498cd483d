"""Bytes over a pipe, each with its length before it."""

import struct
from typing import IO

_LENGTH = struct.Struct(">Q")


def write_frame(pipe: IO[bytes], content: bytes) -> None:
    pipe.write(_LENGTH.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def read_frame(pipe: IO[bytes], max_bytes: int) -> bytes:
    """Raises EOFError when the other end has gone, and ValueError for more than `max_bytes`."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    if length > max_bytes:
        raise ValueError(f"a frame of {length} bytes, at most {max_bytes} were expected")
    return _read(pipe, length)


def _read(pipe: IO[bytes], length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content
