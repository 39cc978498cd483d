"""Finished images in the database: who made them, and where their files are."""

from sqlalchemy.orm import Session

from deployments.errors import Conflict, NotFound
from serve_app.db.database import Database
from serve_app.db.tables import Generation, Image
from serve_app.jobs.job import OUTCOMES


async def find_image(database: Database, generation_id: str, index: int, user_id: str) -> Image:
    """Raises Conflict while it may still be drawn, and NotFound also for another user's image: whether it exists is not
    the caller's to know."""

    def look(session: Session) -> Image:
        row = session.get(Generation, generation_id)  # first: an image that is not there when it has ended never is
        image = session.get(Image, (generation_id, index))
        if image and image.user_id == user_id:
            return image
        if row and row.user_id == user_id and row.status not in OUTCOMES:
            raise Conflict(f"generation {generation_id!r} is {row.status}: no image {index} yet", "not_finished")
        raise NotFound(f"no image {index} of generation {generation_id!r}", "image_not_found")

    return await database.read(look)
