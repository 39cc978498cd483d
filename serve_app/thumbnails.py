"""Small pictures of images, for galleries: made when first asked for, and kept beside their images."""

import asyncio
import io
from collections.abc import Iterable

import numpy as np
from PIL import Image as Picture

from deployments.errors import NotFound
from deployments.image_store import ImageStore
from deployments.pixels.light import scaled
from serve_app.db.database import Database
from serve_app.db.tables import Image
from serve_app.image_records import find_image

MAX_SIDE_PX = 256
QUALITY = 80
MAX_MADE_AT_ONCE = 2

MEDIA_TYPE = "image/webp"
SUFFIX = ".thumbnail.webp"


class Thumbnails:
    def __init__(self, database: Database, image_store: ImageStore) -> None:
        self._database = database
        self._image_store = image_store
        self._places = asyncio.Semaphore(MAX_MADE_AT_ONCE)

    async def get(self, image: Image) -> bytes:
        """Raises NotFound when the image is deleted meanwhile."""
        try:
            return await asyncio.to_thread(self._image_store.get, thumbnail_key(image.key))
        except FileNotFoundError:
            async with self._places:
                return await self._make(image)

    async def _make(self, image: Image) -> bytes:
        try:
            content = await asyncio.to_thread(lambda: make_thumbnail(self._image_store.get(image.key)))
        except FileNotFoundError as error:
            raise NotFound(
                f"no image {image.index} of generation {image.generation_id!r}", "image_not_found"
            ) from error
        key = thumbnail_key(image.key)
        await asyncio.to_thread(self._image_store.put, key, content)
        try:
            await find_image(self._database, image.generation_id, image.index, image.user_id)
        except NotFound:  # whoever deleted it found no thumbnail yet
            await asyncio.to_thread(self._image_store.delete, key)
            raise
        return content


def thumbnail_key(key: str) -> str:
    return f"{key}{SUFFIX}"


async def delete_images(image_store: ImageStore, keys: Iterable[str]) -> None:
    """With their thumbnails."""
    for key in keys:
        for file in (key, thumbnail_key(key)):
            await asyncio.to_thread(image_store.delete, file)


def image_key(key: str) -> str:
    """The image's own, of a key that may be its thumbnail's."""
    return key.removesuffix(SUFFIX)


def make_thumbnail(content: bytes) -> bytes:
    """WebP, as large as fits `MAX_SIDE_PX`, never larger than the image."""
    with Picture.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP")) as opened:
        pixels_HWC = np.asarray(opened.convert("RGBA"))
    height_px, width_px = pixels_HWC.shape[:2]
    shrink = max(1.0, max(width_px, height_px) / MAX_SIDE_PX)
    size_px = (max(1, round(width_px / shrink)), max(1, round(height_px / shrink)))
    buffer = io.BytesIO()
    Picture.fromarray(scaled(pixels_HWC, *size_px)).save(buffer, format="webp", quality=QUALITY)
    return buffer.getvalue()
