"""Generations as jobs: accepted, looked at, cancelled, deleted."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from deployments.schemas import GenerationRecord, GenerationRequest
from deployments.specs import Kind
from serve_app.context import GatewayContext
from serve_app.deps import Context, Generator, IdempotencyName, RequestId
from serve_app.jobs.gallery import Found, find, page
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import OUTCOMES, JobError, Status, Submission
from serve_app.plan import kind_of, plan_generation
from serve_app.schemas import Generation, GenerationBody, GenerationError, GenerationImage, GenerationList

router = APIRouter(prefix="/generations", tags=["generations"])


@router.post("", status_code=202)
async def create_generation(
    body: GenerationBody, request: Request, response: Response, context: Context, caller: Generator,
    request_id: RequestId, idempotency_name: IdempotencyName = None,
) -> Generation:  # fmt: skip
    """Accepts it for good: from here on it ends once, completed, failed or cancelled, whatever restarts meanwhile."""
    plan = plan_generation(body, context.profile, request_id)
    name = idempotency(request.url.path, body, idempotency_name)
    row = await context.jobs.submit(
        Submission(caller.key_id, kind_of(body.model), plan, is_patient=True, idempotency=name)
    )
    response.headers["location"] = f"/v1/generations/{row.id}"
    return _shown(await find(context.database, row.id, caller.key_id), context, request)


@router.get("")
async def list_generations(
    request: Request, context: Context, caller: Generator,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=64, description="`last_id` of the page before")] = None,
    model: Kind | None = None,
    status: Status | None = None,
) -> GenerationList:  # fmt: skip
    """The key's own, the newest first."""
    found, has_more = await page(context.database, caller.key_id, limit, after, model, status)
    last_id = found[-1].row.id if found else None
    data = [_shown(one, context, request) for one in found]
    return GenerationList(data=data, has_more=has_more, last_id=last_id)


@router.get("/{generation_id}")
async def read_generation(
    generation_id: str, request: Request, context: Context, caller: Generator
) -> Generation:  # fmt: skip
    return _shown(await find(context.database, generation_id, caller.key_id), context, request)


@router.post("/{generation_id}/cancel")
async def cancel_generation(
    generation_id: str, request: Request, context: Context, caller: Generator
) -> Generation:  # fmt: skip
    """Images that are finished by then are kept. Changes nothing when it has ended."""
    await context.jobs.cancel(generation_id, caller.key_id)
    return _shown(await find(context.database, generation_id, caller.key_id), context, request)


@router.delete("/{generation_id}", status_code=204)
async def delete_generation(generation_id: str, context: Context, caller: Generator) -> Response:
    """With its images, for good. 409 while it has not ended."""
    for key in await context.job_store.delete(generation_id, caller.key_id):
        await asyncio.to_thread(context.image_store.delete, key)
    return Response(status_code=204)


def _shown(found: Found, context: GatewayContext, request: Request) -> Generation:
    row, plan = found.row, GenerationRequest.model_validate_json(found.row.request)
    record = row.record and GenerationRecord.model_validate_json(row.record)
    error = row.error and JobError.model_validate_json(row.error)
    base_url = (context.public_url or str(request.base_url)).rstrip("/")
    return Generation(
        id=row.id,
        status=row.status,
        model=row.kind,
        model_version=record.model_version if record else None,
        created_at=int(row.created_at.timestamp()),
        started_at=row.started_at and int(row.started_at.timestamp()),
        completed_at=row.finished_at and int(row.finished_at.timestamp()),
        progress=_progress(found, context, len(plan.seeds)),
        queue_position=found.queue_position,
        prompt=plan.prompt,
        negative_prompt=plan.negative_prompt,
        size=f"{plan.width_px}x{plan.height_px}",
        num_inference_steps=plan.num_steps,
        guidance_scale=plan.guidance_scale,
        seeds=list(plan.seeds),
        output_format=plan.output_format,
        images=[
            GenerationImage(
                index=image.index, seed=image.seed, sha256=image.sha256,
                url=f"{base_url}/v1/generations/{row.id}/images/{image.index}",
            )
            for image in found.images
        ],
        error=GenerationError(message=error.message, code=error.code) if error else None,
    )  # fmt: skip


def _progress(found: Found, context: GatewayContext, num_images: int) -> float:
    """Of steps where this replica has it drawn; of finished images elsewhere."""
    done = {image.index: 1.0 for image in found.images}
    live = context.jobs.live(found.row.id)
    if live and found.row.status not in OUTCOMES:
        done = {index: step.step / step.num_steps for index, step in live.progress.items()} | done
    return sum(done.values()) / num_images
