"""Image files for uploads: good ones, and those that someone made to do harm."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def picture(width_px: int = 96, height_px: int = 64, mode: str = "RGB") -> Image.Image:
    y, x = np.mgrid[:height_px, :width_px]
    channels = [x * 255 // width_px, y * 255 // height_px, 255 * ((x // 16) % 2), 255 - x * 128 // width_px]
    pixels = Image.fromarray(np.stack(channels[: 4 if "A" in mode else 3], -1).astype("u1"))
    return pixels.convert(mode)


def encoded(image: Image.Image, output_format: str = "png", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=output_format, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def png(width_px: int = 96, height_px: int = 64) -> bytes:
    return encoded(picture(width_px, height_px))


def masked(width_px: int = 96, height_px: int = 64, hole: tuple[int, int, int, int] = (32, 16, 64, 48)) -> bytes:
    """A mask as OpenAI's clients send them: transparent where the picture is to be painted anew."""
    alpha = Image.new("L", (width_px, height_px), 255)
    alpha.paste(0, hole)
    image = picture(width_px, height_px)
    image.putalpha(alpha)
    return encoded(image)


def animated(output_format: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    return encoded(frames[0], output_format, save_all=True, append_images=frames[1:])


def with_metadata(output_format: str, orientation: int) -> bytes:
    """A place on earth, a note, a colour profile, and a camera that was turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    options: dict[str, object] = {"exif": exif, "icc_profile": b"SECRETPROFILE" * 100}
    if output_format == "png":
        note = PngImagePlugin.PngInfo()
        note.add_text("note", "SECRETNOTE")
        options["pnginfo"] = note
    return encoded(picture(), output_format, **options)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_of(width_px: int, height_px: int, *chunks: bytes) -> bytes:
    """Chunk by chunk: a header that may lie, then what is given."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0))
    return PNG_SIGNATURE + header + b"".join(chunks) + chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """64 MB of text in 64 kB."""
    bomb = chunk(b"zTXt", b"note\0\0" + zlib.compress(b"\0" * (64 << 20), 9))
    return png_of(64, 64, bomb, chunk(b"IDAT", zlib.compress(b"\0" * (64 * 193))))


def webp_header(side_px: int) -> bytes:
    """An extended header that promises more than it brings."""
    side = struct.pack("<I", side_px - 1)[:3]
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + side + side
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
