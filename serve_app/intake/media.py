"""What kind of file an upload is: by what it begins with, and as its sender declares it."""

import re
from typing import Literal

from deployments.errors import InvalidRequest

ImageFormat = Literal["PNG", "JPEG", "WEBP"]

_SIGNATURES: dict[ImageFormat, bytes] = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "WEBP": rb"RIFF....WEBP",
}
_DECLARED: dict[str, ImageFormat] = {
    "image/png": "PNG", "image/jpeg": "JPEG", "image/jpg": "JPEG", "image/webp": "WEBP",
}  # fmt: skip
_UNDECLARED = {"", "application/octet-stream"}  # what OpenAI's client says of bytes without a file name


def image_format(content: bytes) -> ImageFormat:
    """Raises InvalidRequest for any other than the three, whatever its name says."""
    for name, signature in _SIGNATURES.items():
        if re.match(signature, content, re.DOTALL):
            return name
    raise InvalidRequest(f"neither PNG, JPEG nor WebP: it begins with {content[:8]!r}", "unsupported_image_format")


def check_declared(media_type: str, content: bytes) -> None:
    """Raises InvalidRequest when the declared type is none of an image, or of another than this is."""
    declared = media_type.partition(";")[0].strip().lower()
    if declared in _UNDECLARED:
        return
    if declared not in _DECLARED:
        raise InvalidRequest(f"an image is wanted, got {declared[:80]!r}", "unsupported_media_type")
    if (found := image_format(content)) != _DECLARED[declared]:
        raise InvalidRequest(f"declared as {declared}, but it is {found}", "media_type_mismatch")
