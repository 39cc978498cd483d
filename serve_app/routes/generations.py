"""Generations as jobs: accepted, looked at, cancelled, deleted."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serve_app.deps import Context, Generator, IdempotencyName, RequestId
from serve_app.generation_view import show
from serve_app.jobs.gallery import find, page
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import Submission
from serve_app.json_body import JsonRoute
from serve_app.plan import kind_of, plan_generation
from serve_app.schemas import Generation, GenerationBody, GenerationList, GenerationListQuery

router = APIRouter(prefix="/generations", tags=["generations"], route_class=JsonRoute)


@router.post("", status_code=202)
async def create_generation(
    body: GenerationBody, request: Request, response: Response, context: Context, caller: Generator,
    request_id: RequestId, idempotency_name: IdempotencyName = None,
) -> Generation:  # fmt: skip
    """Accepts it for good: from here on it ends once, completed, failed or cancelled, whatever restarts meanwhile."""
    plan = plan_generation(body, context.profile, request_id)
    name = idempotency(request.url.path, body, idempotency_name)
    accepted = await context.jobs.submit(
        Submission(caller.key_id, kind_of(body.model), plan, is_patient=True, limits=caller.limits, idempotency=name)
    )
    response.headers.update(accepted.standing)
    response.headers["location"] = f"/v1/generations/{accepted.row.id}"
    return show(await find(context.database, accepted.row.id, caller.key_id), context, request)


@router.get("")
async def list_generations(
    request: Request, context: Context, caller: Generator, query: Annotated[GenerationListQuery, Query()]
) -> GenerationList:  # fmt: skip
    """The key's own, the newest first."""
    found, has_more = await page(context.database, caller.key_id, query.limit, query.after, query.model, query.status)
    last_id = found[-1].row.id if found else None
    data = [show(one, context, request) for one in found]
    return GenerationList(data=data, has_more=has_more, last_id=last_id)


@router.get("/{generation_id}")
async def read_generation(
    generation_id: str, request: Request, context: Context, caller: Generator
) -> Generation:  # fmt: skip
    return show(await find(context.database, generation_id, caller.key_id), context, request)


@router.post("/{generation_id}/cancel")
async def cancel_generation(
    generation_id: str, request: Request, context: Context, caller: Generator
) -> Generation:  # fmt: skip
    """Images that are finished by then are kept. Changes nothing when it has ended."""
    await context.jobs.cancel(generation_id, caller.key_id)
    return show(await find(context.database, generation_id, caller.key_id), context, request)


@router.delete("/{generation_id}", status_code=204)
async def delete_generation(generation_id: str, context: Context, caller: Generator) -> Response:
    """With its images, for good. 409 while it has not ended."""
    for key in await context.job_store.delete(generation_id, caller.key_id):
        await asyncio.to_thread(context.image_store.delete, key)
    return Response(status_code=204)
