"""A generation's events, as they come."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from deployments.errors import InvalidRequest
from serve_app.deps import Context, Generator
from serve_app.streams.events import GenerationChanged, GenerationPreview, GenerationQueue, GenerationStep, documented
from serve_app.streams.job import JobStream
from serve_app.streams.sse import respond

router = APIRouter(tags=["generations"])


@router.get(
    "/generations/{generation_id}/events",
    response_class=Response,
    responses={200: documented(GenerationChanged, GenerationQueue, GenerationStep, GenerationPreview)},
)
async def stream_events(
    generation_id: str,
    request: Request,
    context: Context,
    caller: Generator,
    last_event_id: Annotated[
        str | None, Header(description="the id of the last event seen; absent: from the beginning", max_length=64)
    ] = None,
) -> Response:
    """From its acceptance to its end, and over with it. Hanging up changes nothing for the generation."""
    after = _sequence_number(generation_id, last_event_id) if last_event_id else 0
    return await respond(request, JobStream(context, request, generation_id, caller).frames(after))


def _sequence_number(generation_id: str, event_id: str) -> int:
    match = re.fullmatch(r"(\w+):(\d{1,9})", event_id, re.ASCII)
    if not match or match[1] != generation_id:
        raise InvalidRequest(f"no event {event_id!r} of {generation_id!r}", "invalid_event_id", "last-event-id")
    return int(match[2])
