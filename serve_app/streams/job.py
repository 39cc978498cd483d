"""A generation's events as a stream of our own: what became of it, how far it is, what it looks like so far."""

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from fastapi import Request

from serve_app.auth.key_store import Caller
from serve_app.context import GatewayContext
from serve_app.db.tables import GenerationEvent
from serve_app.generation_view import show
from serve_app.jobs.gallery import find
from serve_app.streams.events import ChangeType, GenerationChanged, GenerationPreview, GenerationQueue, GenerationStep
from serve_app.streams.follow import Follower, News, Quiet, Waits
from serve_app.streams.sse import KEEP_ALIVE, frame

_CHANGES: dict[str, ChangeType] = {
    "queued": "generation.queued", "in_progress": "generation.in_progress", "completed": "generation.completed",
    "failed": "generation.failed", "cancelled": "generation.cancelled",
    "expired": "generation.expired",
}  # fmt: skip


@dataclass(frozen=True)
class JobStream:
    context: GatewayContext
    request: Request
    generation_id: str
    caller: Caller

    async def news(self, after: int = 0) -> AsyncGenerator[News]:
        """Raises NotFound, also for another user's, RateLimited, and AuthenticationFailed once the key has ended."""
        context = self.context
        following = (context.database, context.keys, context.jobs, self.generation_id, self.caller, after)
        with context.streams.one_more(self.caller.key_id):
            async with aclosing(Follower(*following).news()) as all_news:
                async for news in all_news:
                    yield news

    async def frames(self, after: int) -> AsyncGenerator[bytes]:
        async with aclosing(self.news(after)) as all_news:
            async for news in all_news:
                yield await self.frame(news)

    async def frame(self, news: News) -> bytes:
        """What is written has an id, from which a stream goes on; what is passing has none."""
        match news:
            case Quiet():
                return KEEP_ALIVE
            case Waits(queue_position=place, eta_s=eta_s):
                return frame(GenerationQueue(queue_position=place, eta_s=eta_s))
            case GenerationEvent():
                return await self._changed(news)
        told = {"image_index": news.index, "step": news.step, "num_steps": news.num_steps}
        if news.preview_png is None:
            return frame(GenerationStep.model_validate(told))
        return frame(GenerationPreview.model_validate(told | {"b64_json": base64.b64encode(news.preview_png).decode()}))

    async def _changed(self, event: GenerationEvent) -> bytes:
        found = await find(self.context.database, self.generation_id, self.caller.user_id)
        kind = "generation.image" if event.image_index is not None else _CHANGES[event.status]
        changed = GenerationChanged(type=kind, generation=show(found, self.context, self.request))
        return frame(changed, f"{self.generation_id}:{event.seq}")
