"""A set as HTTP callers see it."""

import asyncio

from fastapi import Request

from deployments.pixels.consistency import Consistency, consistency
from deployments.pixels.look import Look
from deployments.schemas import GenerationRequest
from serve_app.context import GatewayContext
from serve_app.generation_schemas import GenerationError
from serve_app.generation_view import progress_of, shown_image
from serve_app.jobs.job import OUTCOMES, JobError
from serve_app.sets.rows import FoundItem, FoundSet
from serve_app.sets.schemas import Drawing, ImageSet, ImageSetItem, ImageSetSummary


def summary(found: FoundSet) -> ImageSetSummary:
    row = found.row
    return ImageSetSummary(
        id=row.id, kind="icon" if row.kind == "icon" else "splash", name=row.name, template=row.template,
        created_at=int(row.created_at.timestamp()), status=found.status, num_items=len(found.items),
        num_completed=found.num_completed,
    )  # fmt: skip


async def show(found: FoundSet, context: GatewayContext, request: Request) -> ImageSet:
    looks = looks_of(found)
    how_alike = await asyncio.to_thread(consistency_of, looks)  # a quarter of a second, of the largest set
    items = [_item(item, context, request) for item in found.items]
    distances = dict(zip(looks, how_alike.distances, strict=True)) if how_alike else {}
    for item in items:
        item.scores = looks[item.id].scores if item.id in looks else None
        item.distance = distances.get(item.id)
    return ImageSet(
        **summary(found).model_dump(),
        progress=sum(item.progress for item in items) / len(items),
        drawing=Drawing.model_validate_json(found.row.drawing),
        hero=found.row.hero_item_id,
        items=items,
        consistency_score=how_alike and how_alike.score,
    )


def looks_of(found: FoundSet) -> dict[str, Look]:
    """By item, in their order: those that were measured."""
    return {item.row.id: Look.model_validate_json(item.row.traits) for item in found.items if item.row.traits}


def consistency_of(looks: dict[str, Look]) -> Consistency | None:
    return consistency([look.traits for look in looks.values()]) if len(looks) > 1 else None


def _item(item: FoundItem, context: GatewayContext, request: Request) -> ImageSetItem:
    row, generation = item.row, item.generation
    error = generation and generation.error and JobError.model_validate_json(generation.error)
    return ImageSetItem(
        id=row.id,
        position=row.position,
        subject=row.subject,
        prompt=row.prompt,
        status=generation.status if generation else "deleted",
        progress=_progress(item, context),
        generation_id=row.generation_id,
        seed=GenerationRequest.model_validate_json(generation.request).seeds[0] if generation else None,
        size=row.size,
        images=[shown_image(image, context, request) for image in item.images],
        error=GenerationError(message=error.message, code=error.code) if error else None,
        scores=None,
        distance=None,
    )


def _progress(item: FoundItem, context: GatewayContext) -> float:
    if item.generation is None or item.generation.status in OUTCOMES:
        return 1.0
    return progress_of(item.generation, item.images, context, 1)
