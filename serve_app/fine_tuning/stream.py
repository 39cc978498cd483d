"""A job's events as a stream, from the database: whoever drives it, and however often that changes."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from serve_app.auth.key_store import Caller
from serve_app.context import GatewayContext
from serve_app.fine_tuning.gallery import since
from serve_app.fine_tuning.job import OUTCOMES
from serve_app.fine_tuning.view import show_event
from serve_app.streams.follow import CHECK_S, KEEP_ALIVE_S
from serve_app.streams.sse import KEEP_ALIVE, frame

LOOK_S = 1.0


@dataclass(frozen=True)
class EventStream:
    context: GatewayContext
    job_id: str
    caller: Caller

    async def frames(self, after: int) -> AsyncGenerator[bytes]:
        """Ends with the job's end. Raises NotFound, RateLimited, and AuthenticationFailed once the key has ended."""
        told_s = checked_s = time.monotonic()
        with self.context.streams.one_more(self.caller.key_id):
            while True:
                found = await since(self.context.database, self.job_id, self.caller.user_id, after)
                for event in found.events:
                    after, told_s = event.seq, time.monotonic()
                    yield frame(show_event(event), f"{self.job_id}:{event.seq}")
                if found.row.status in OUTCOMES:
                    return
                if time.monotonic() - told_s >= KEEP_ALIVE_S:
                    told_s = time.monotonic()
                    yield KEEP_ALIVE
                await asyncio.sleep(LOOK_S)
                if time.monotonic() - checked_s >= CHECK_S:
                    await self.context.keys.check(self.caller.key_id)
                    checked_s = time.monotonic()
