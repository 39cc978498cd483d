"""Generations as jobs: accepted, looked at, cancelled, deleted."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from deployments.schemas import GenerationRequest
from serve_app.controls.plan import put_controls
from serve_app.costs.schemas import Quote
from serve_app.deps import Call, Context, GenerationCall, Generator, ThisAct
from serve_app.edits.inputs import find_inputs
from serve_app.edits.plan import plan_edit
from serve_app.edits.schemas import JobBody
from serve_app.generation_schemas import Generation, GenerationError, GenerationList, GenerationListQuery
from serve_app.generation_view import show
from serve_app.image_call import submission_of, submit
from serve_app.jobs.gallery import find, page
from serve_app.json_body import JsonRoute
from serve_app.plan import plan_generation
from serve_app.styles.apply import styled
from serve_app.thumbnails import delete_images

router = APIRouter(prefix="/generations", tags=["generations"], route_class=JsonRoute)


@router.post("", status_code=202, response_model=Generation, responses={200: {"model": Quote}})
async def create_generation(body: JobBody, call: GenerationCall) -> Generation | Response:
    """Accepts it for good: from here on it ends once, completed, failed or cancelled, whatever restarts meanwhile.

    With `images` it is an edit of one, as `/v1/images/edits` makes them.
    With `dry_run` nothing is accepted, and a quote answers.
    """
    plan = await _plan(call, body)
    if body.dry_run:
        return await answer_quote(call, body, plan)
    accepted = await submit(call, body, plan, is_patient=True)
    call.response.headers["location"] = f"/v1/generations/{accepted.row.id}"
    found = await find(call.context.database, accepted.row.id, call.caller.user_id)
    return show(found, call.context, call.request, accepted.is_cached)


async def _plan(call: Call, body: JobBody) -> GenerationRequest:
    inputs, within, profile = await find_inputs(call, body), await styled(call, body), call.context.profile
    with within.blamed():
        if inputs:
            plan = inputs.put_into(plan_edit(within.body, inputs.image, inputs.mask, profile, call.request_id))
        else:
            plan = plan_generation(within.body, profile, call.request_id)
        return within.put_into(await put_controls(call, within.body, body.model, plan))


async def answer_quote(call: Call, body: JobBody, plan: GenerationRequest) -> Response:
    """With the headers that tell what the key's limits would leave after it."""
    offer = await call.context.job_store.quote(await submission_of(call, body, plan, is_patient=True))
    refusal = offer.refusal and GenerationError(message=offer.refusal.message, code=offer.refusal.code)
    quote = Quote(device_s=offer.quote.device_s, wait_s=offer.quote.wait_s, refusal=refusal)
    return JSONResponse(quote.model_dump(), headers=dict(offer.standing))


@router.get("")
async def list_generations(
    request: Request, context: Context, caller: Generator, query: Annotated[GenerationListQuery, Query()]
) -> GenerationList:  # fmt: skip
    """The user's own, the newest first."""
    found, has_more = await page(context.database, caller.user_id, query.limit, query.after, query.model, query.status)
    last_id = found[-1].row.id if found else None
    data = [show(one, context, request) for one in found]
    return GenerationList(data=data, has_more=has_more, last_id=last_id)


@router.get("/{generation_id}")
async def read_generation(
    generation_id: str, request: Request, context: Context, caller: Generator
) -> Generation:  # fmt: skip
    return show(await find(context.database, generation_id, caller.user_id), context, request)


@router.post("/{generation_id}/cancel")
async def cancel_generation(
    generation_id: str, request: Request, context: Context, caller: Generator, act: ThisAct
) -> Generation:  # fmt: skip
    """Images that are finished by then are kept. Changes nothing when it has ended."""
    await context.jobs.cancel(generation_id, caller.user_id, act)
    return show(await find(context.database, generation_id, caller.user_id), context, request)


@router.delete("/{generation_id}", status_code=204)
async def delete_generation(generation_id: str, context: Context, caller: Generator, act: ThisAct) -> Response:
    """With its images, for good. 409 while it has not ended."""
    await delete_images(context.image_store, await context.job_store.delete(generation_id, caller.user_id, act))
    return Response(status_code=204)
