"""Contents of files that a bundle is made of, by their paths in it. The same pixels give the same bytes."""

import io
import json
import zipfile

import numpy as np
from PIL import Image

Files = dict[str, bytes]
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the same icon gives the same bytes


def png(pixels_HWC: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels_HWC).save(buffer, format="png", optimize=len(pixels_HWC) <= 512)
    return buffer.getvalue()


def jpeg(pixels_HWC: np.ndarray, quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels_HWC).save(buffer, format="jpeg", quality=quality)
    return buffer.getvalue()


def ico(pictures_HWC: list[np.ndarray]) -> bytes:
    """Each at its own size, as it was drawn; the largest comes last."""
    buffer = io.BytesIO()
    images = [Image.fromarray(pixels_HWC) for pixels_HWC in pictures_HWC]
    images[-1].save(buffer, format="ico", sizes=[image.size for image in images], append_images=images[:-1])
    return buffer.getvalue()


def json_text(content: object) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def entry(path: str) -> zipfile.ZipInfo:
    """What a zip says of a file; pictures are packed already."""
    info = zipfile.ZipInfo(path, _MOMENT)
    info.compress_type = zipfile.ZIP_STORED if path.endswith((".png", ".ico", ".jpg")) else zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    return info
