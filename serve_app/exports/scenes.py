"""The pictures that launch screens are made of: a family's, by theme, or one."""

from deployments.errors import Conflict, InvalidRequest
from deployments.export.launch import Theme
from serve_app.context import GatewayContext
from serve_app.exports.schemas import SplashExportBody
from serve_app.exports.source import read_image_file, read_source
from serve_app.sets.rows import find

Scenes = dict[Theme, list[bytes]]


async def read_scenes(context: GatewayContext, body: SplashExportBody, user_id: str) -> Scenes:
    """Some are light. Raises InvalidRequest, NotFound, also for another user's, and Conflict while one is drawn."""
    if body.splash_set_id is None:
        return {"light": [await read_source(context, body, user_id)]}
    if body.generation_id is not None or body.file_id is not None:
        raise InvalidRequest("name a splash_set_id or one image, not both", "invalid_value", "splash_set_id")
    return await _family(context, body.splash_set_id, user_id)


async def _family(context: GatewayContext, set_id: str, user_id: str) -> Scenes:
    """A family without themes, or with one alone, looks the same in the light and in the dark."""
    found = await find(context.database, "splash", set_id, user_id)
    if found.status == "in_progress":
        raise Conflict(f"splash set {set_id!r} is in progress", "not_finished")
    scenes: Scenes = {}
    for item in found.items:
        if item.is_drawn:
            theme: Theme = "dark" if item.row.subject.endswith("dark") else "light"
            image = await read_image_file(context, item.row.generation_id, 0, user_id)
            scenes.setdefault(theme, []).append(image)
    if not scenes:
        raise Conflict(f"splash set {set_id!r} has no image", "nothing_drawn")
    return scenes if "light" in scenes else {"light": scenes["dark"]}
