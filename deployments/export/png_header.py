"""PNG and ICO read from their bytes by the letter of their formats, without the library that wrote them."""

import struct
import zlib
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}  # by colour type; palettes are not written
WITH_ALPHA = {4, 6}


@dataclass(frozen=True)
class PngHeader:
    width_px: int
    height_px: int
    has_alpha: bool


def read_png(content: bytes) -> PngHeader:
    """Every chunk's checksum, and that there are as many pixels as it says. Raises ValueError."""
    if not content.startswith(SIGNATURE):
        raise ValueError("no PNG signature")
    chunks, at = [], len(SIGNATURE)
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise ValueError(f"checksum of {kind!r} is wrong")
        chunks.append((kind, body))
        at += 12 + length
    if [chunks[0][0], chunks[-1][0]] != [b"IHDR", b"IEND"]:
        raise ValueError("does not begin and end as a PNG does")
    return _header(chunks[0][1], b"".join(body for kind, body in chunks if kind == b"IDAT"), chunks)


def _header(header: bytes, data: bytes, chunks: list[tuple[bytes, bytes]]) -> PngHeader:
    width_px, height_px, depth, colour_type, *_ = struct.unpack(">IIBBBBB", header)
    if depth != 8 or colour_type not in CHANNELS:
        raise ValueError(f"{depth} bits of colour type {colour_type}")
    if len(zlib.decompress(data)) != height_px * (1 + width_px * CHANNELS[colour_type]):
        raise ValueError("has not as many pixels as its header says")
    has_alpha = colour_type in WITH_ALPHA or any(kind == b"tRNS" for kind, _ in chunks)
    return PngHeader(width_px, height_px, has_alpha)


def read_ico(content: bytes) -> list[PngHeader]:
    """The pictures of an icon file, each a PNG of the size that the directory tells. Raises ValueError."""
    reserved, kind, count = struct.unpack_from("<HHH", content)
    if (reserved, kind) != (0, 1):
        raise ValueError("no icon directory")
    found = []
    for number in range(count):
        width, height, *_, size, offset = struct.unpack_from("<BBBBHHII", content, 6 + 16 * number)
        picture = read_png(content[offset : offset + size])
        if (picture.width_px, picture.height_px) != (width or 256, height or 256):
            raise ValueError(f"the directory says {width}x{height} of {picture.width_px}x{picture.height_px}")
        found.append(picture)
    return found
