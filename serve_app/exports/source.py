"""The image that is to become files: one that was drawn, or a file of the caller."""

import asyncio
from typing import Protocol

from deployments.errors import InvalidRequest, NotFound
from deployments.schemas import Controls, GenerationRequest
from serve_app.context import GatewayContext
from serve_app.image_records import find_image
from serve_app.jobs.rows import owned


class OneImage(Protocol):
    """The part of a body that names an image."""

    generation_id: str | None
    index: int
    file_id: str | None


async def read_source(context: GatewayContext, body: OneImage, user_id: str) -> bytes:
    """Raises NotFound, also for another user's, and Conflict while it is drawn."""
    if (body.generation_id is None) == (body.file_id is None):
        raise InvalidRequest("name one image: a generation_id, or a file_id", "invalid_value", "generation_id")
    if body.file_id is not None:
        return await context.files.content(await context.files.find_image(body.file_id, user_id))
    assert body.generation_id is not None
    return await read_image_file(context, body.generation_id, body.index, user_id)


async def read_image_file(context: GatewayContext, generation_id: str, index: int, user_id: str) -> bytes:
    """Raises as `find_image` does."""
    image = await find_image(context.database, generation_id, index, user_id)
    try:
        return await asyncio.to_thread(context.image_store.get, image.key)
    except FileNotFoundError as error:  # deleted since
        raise NotFound(f"no image {index} of generation {generation_id!r}", "image_not_found") from error


async def read_style_images(context: GatewayContext, controls: Controls) -> list[bytes | None]:
    """Those that the pictures were drawn after, as they were then; None for one that has been deleted since."""

    def read(key: str) -> bytes | None:
        try:
            return context.image_store.get(key)
        except FileNotFoundError:
            return None

    return [await asyncio.to_thread(read, one.image.key) for one in controls.references]


async def read_controls(context: GatewayContext, generation_id: str, user_id: str) -> Controls:
    """What was asked of the generation's images. Raises NotFound, also for another user's."""
    request = await context.database.read(lambda session: owned(session, generation_id, user_id).request)
    return GenerationRequest.model_validate_json(request).controls
