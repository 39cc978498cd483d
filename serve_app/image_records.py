"""Finished images in the database: who made them, and where their files are."""

from datetime import UTC, datetime

from deployments.encode import MEDIA_TYPES
from deployments.errors import NotFound
from deployments.schemas import GenerationRecord, OutputFormat
from serve_app.db.database import Database
from serve_app.db.tables import Image


async def add_images(
    database: Database, record: GenerationRecord, output_format: OutputFormat, api_key_id: str
) -> None:
    """After the files are stored: a crash in between leaves a file without a row, never a row without its file."""
    now = datetime.now(UTC)
    rows = [
        Image(
            generation_id=record.generation_id, index=image.index, api_key_id=api_key_id, key=image.key,
            media_type=MEDIA_TYPES[output_format], sha256=image.sha256, seed=image.seed, created_at=now,
        )
        for image in record.images
    ]  # fmt: skip
    await database.write(lambda session: session.add_all(rows))


async def find_image(database: Database, generation_id: str, index: int, api_key_id: str) -> Image:
    """Raises NotFound also for another key's image: whether it exists is not the caller's to know."""
    image = await database.read(lambda session: session.get(Image, (generation_id, index)))
    if image is None or image.api_key_id != api_key_id:
        raise NotFound(f"no image {index} of generation {generation_id!r}", "image_not_found")
    return image
