"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) as OpenAI's clients read them."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from fastapi import Request
from fastapi.sse import EventSourceResponse, format_sse_event

from serve_app.envelope import error_response
from serve_app.streams.events import StreamEvent

DONE = format_sse_event(data_str="[DONE]")


def comment(text: str) -> bytes:
    """A line of its own, which ends no event: OpenAI's client takes an empty line after an id for an event without data
    and fails on it."""
    return f": {text}\n".encode()


KEEP_ALIVE = comment("keep-alive")


def frame(event: StreamEvent, event_id: str | None = None) -> bytes:
    return format_sse_event(data_str=event.model_dump_json(), event=event.type, id=event_id)


async def respond(request: Request, frames: AsyncGenerator[bytes]) -> EventSourceResponse:
    """Begins once there is a first frame: what fails before it is answered with its status, as anywhere else.

    What fails later is told in the stream, in the envelope that OpenAI's clients raise.
    """
    first = await anext(frames, b"")  # none when all was told before

    async def all_frames() -> AsyncIterator[bytes]:
        async with aclosing(frames):
            yield first
            try:
                async for following in frames:
                    yield following
            except Exception as error:
                envelope = bytes(error_response(request, error).body)
                yield format_sse_event(data_str=envelope.decode())

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}  # nginx would hold events back
    return EventSourceResponse(all_frames(), headers=headers)
