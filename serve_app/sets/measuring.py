"""The looks of a set's images, measured once, when somebody asks; drawing does not wait for it."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from deployments.errors import NotFound, RateLimited, Unavailable
from deployments.export.set_bundle import look
from deployments.specs import Kind
from serve_app.auth.key_store import Caller
from serve_app.context import GatewayContext
from serve_app.exports.source import read_image_file
from serve_app.sets.rows import FoundSet, find


async def find_measured(context: GatewayContext, kind: Kind, set_id: str, caller: Caller) -> FoundSet:
    """All of its images measured, unless the workshop has no place for this caller now: then at the next look.

    Raises NotFound, also for another user's.
    """
    found = await find(context.database, kind, set_id, caller.user_id)
    with suppress(RateLimited, Unavailable):
        while (missing := _unmeasured(found)) and await _measure(context, caller, missing):
            found = await find(context.database, kind, set_id, caller.user_id)  # more may be finished by now
    return found


def _unmeasured(found: FoundSet) -> list[str]:
    return [item.row.generation_id for item in found.items if item.is_drawn and not item.row.traits]


async def _measure(context: GatewayContext, caller: Caller, generation_ids: Sequence[str]) -> bool:
    """Whether any could be. Raises RateLimited or Unavailable; what was measured by then is kept."""
    looks: dict[str, str] = {}
    try:
        for generation_id in generation_ids:
            with suppress(NotFound):  # deleted this moment
                image = await read_image_file(context, generation_id, 0, caller.user_id)
                one = await context.workshop.run(caller.key_id, partial(look, image))
                looks[generation_id] = one.model_dump_json()
    finally:
        await context.sets.keep_traits(looks)
    return bool(looks)
