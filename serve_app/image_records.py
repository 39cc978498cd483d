"""Finished images in the database: who made them, and where their files are."""

from deployments.errors import NotFound
from serve_app.db.database import Database
from serve_app.db.tables import Image


async def find_image(database: Database, generation_id: str, index: int, api_key_id: str) -> Image:
    """Raises NotFound also for another key's image: whether it exists is not the caller's to know."""
    image = await database.read(lambda session: session.get(Image, (generation_id, index)))
    if image is None or image.api_key_id != api_key_id:
        raise NotFound(f"no image {index} of generation {generation_id!r}", "image_not_found")
    return image
