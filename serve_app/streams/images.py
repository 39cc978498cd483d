"""The images of one call as OpenAI streams them: previews, then each image once it is stored."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from deployments.encode import preview_size
from deployments.errors import Conflict
from deployments.schemas import GenerationRecord, GenerationRequest, ImageProgress
from serve_app.db.tables import Generation, GenerationEvent
from serve_app.generation_view import image_url
from serve_app.jobs.gallery import find
from serve_app.jobs.job import JobError
from serve_app.schemas import ImageBody, Usage
from serve_app.streams.events import ImageCompleted, ImagePartial
from serve_app.streams.follow import News, Quiet, Waits
from serve_app.streams.job import JobStream
from serve_app.streams.sse import DONE, KEEP_ALIVE, comment, frame


@dataclass(frozen=True)
class ImageStream:
    job: JobStream
    row: Generation
    body: ImageBody
    include: Sequence[str]  # of our own events
    ends_with_caller: bool

    async def frames(self) -> AsyncGenerator[bytes]:
        """Raises what the generation failed with, or Conflict when it was cancelled."""
        has_ended = False
        try:
            async with aclosing(self.job.news()) as all_news:
                async for news in all_news:
                    if made := await self._frame(news):
                        yield made
            has_ended = True
            await self._raise_failure()
            yield DONE
        finally:
            if not has_ended and self.ends_with_caller:
                self.job.context.jobs.cancel_soon(self.row)

    async def _frame(self, news: News) -> bytes | None:
        """Our own events are told where asked for; else in comments, which OpenAI's clients pass over."""
        include = self.include
        match news:
            case Quiet():
                return KEEP_ALIVE
            case ImageProgress(preview_png=bytes(png)):
                return frame(self._partial(news, png))
            case ImageProgress(step=step, num_steps=num_steps):
                return await self.job.frame(news) if "steps" in include else comment(f"step {step}/{num_steps}")
            case Waits():
                return await self.job.frame(news) if "queue" in include else comment(news.text)
            case GenerationEvent(image_index=int(index), seq=seq):
                return frame(await self._completed(index), f"{self.row.id}:{seq}")
        return await self.job.frame(news) if "queue" in include else None

    def _partial(self, progress: ImageProgress, png: bytes) -> ImagePartial:
        plan = GenerationRequest.model_validate_json(self.row.request)
        width_px, height_px = preview_size(plan.width_px, plan.height_px)
        return ImagePartial(
            type="image_edit.partial_image" if plan.image else "image_generation.partial_image",
            created_at=int(self.row.created_at.timestamp()),
            image_index=progress.index,
            partial_image_index=progress.step // plan.preview_every - 1,
            b64_json=base64.b64encode(png).decode(),
            size=f"{width_px}x{height_px}",
            quality=self.body.quality,
            output_format="png",
        )

    async def _completed(self, index: int) -> ImageCompleted:
        context, is_url = self.job.context, self.body.response_format == "url"
        found = await find(context.database, self.row.id, self.job.caller.user_id)
        image = next(image for image in found.images if image.index == index)
        plan = GenerationRequest.model_validate_json(self.row.request)
        content = b"" if is_url else await asyncio.to_thread(context.image_store.get, image.key)
        return ImageCompleted(
            type="image_edit.completed" if plan.image else "image_generation.completed",
            created_at=int(self.row.created_at.timestamp()),
            id=self.row.id,
            image_index=index,
            seed=image.seed,
            sha256=image.sha256,
            b64_json=None if is_url else base64.b64encode(content).decode(),
            url=image_url(self.row.id, index, context, self.job.request) if is_url else None,
            size=f"{plan.width_px}x{plan.height_px}",
            quality=self.body.quality,
            output_format=plan.output_format,
            usage=_usage(found.row),
        )

    async def _raise_failure(self) -> None:
        row = (await find(self.job.context.database, self.row.id, self.job.caller.user_id)).row
        if row.error:
            raise JobError.model_validate_json(row.error).as_exception()
        if row.record is None:
            raise Conflict("the generation was cancelled", "cancelled")


def _usage(row: Generation) -> Usage | None:
    if row.record is None:
        return None
    num_tokens = GenerationRecord.model_validate_json(row.record).num_prompt_tokens
    return Usage(input_tokens=num_tokens, total_tokens=num_tokens)
