"""Fine-tuning: a style learnt from a data set, as a job of the cluster."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from deployments.errors import InvalidRequest, NotFound, Unavailable
from deployments.training import TRAINING_RECIPES
from serve_app.deps import Context, ThisAct, Trainer
from serve_app.fine_tuning import gallery
from serve_app.fine_tuning.pause import pause, resume
from serve_app.fine_tuning.plan import plan_training
from serve_app.fine_tuning.schemas import (
    FineTuningBody,
    FineTuningCheckpointList,
    FineTuningCheckpointListQuery,
    FineTuningEvent,
    FineTuningEventList,
    FineTuningEventListQuery,
    FineTuningJob,
    FineTuningJobList,
    FineTuningJobListQuery,
    JobId,
)
from serve_app.fine_tuning.stream import EventStream
from serve_app.fine_tuning.view import show, show_checkpoint, show_event
from serve_app.json_body import JsonRoute
from serve_app.streams.events import documented
from serve_app.streams.sse import respond

router = APIRouter(prefix="/fine_tuning/jobs", tags=["fine-tuning"], route_class=JsonRoute)

SSE = "text/event-stream"
CAPACITY_RETRY_S = 60.0


@router.post("", status_code=201)
async def create_fine_tuning_job(
    body: FineTuningBody, response: Response, context: Context, caller: Trainer, act: ThisAct
) -> FineTuningJob:
    """Accepts it for good: the data set is looked at, then it waits for its turn, then it is trained.

    Where nothing could train it now or later, 503 `no_capacity` says so, and nothing is accepted.
    """
    if body.promote:
        caller.require("admin")
    request = plan_training(body, context.profile)
    try:
        file = await context.files.find(body.training_file, caller.user_id)
    except NotFound as error:
        raise NotFound(f"training_file: {error.message}", "referenced_object_not_found", "training_file") from error
    if file.purpose != "dataset":
        message = f"training_file: the purpose of {file.id!r} is {file.purpose}, not dataset"
        raise InvalidRequest(message, "not_a_dataset", "training_file")
    is_busy = await context.fine_tuning.store.is_busy()
    if refusal := await context.fine_tuning.runs.refusal(TRAINING_RECIPES[request.recipe].needs_gpu, is_busy):
        raise Unavailable(refusal, "no_capacity", CAPACITY_RETRY_S)
    row = await context.fine_tuning.store.submit(caller, file.id, request, act)
    response.headers["location"] = f"/v1/fine_tuning/jobs/{row.id}"
    return show(row)


@router.get("")
async def list_fine_tuning_jobs(
    context: Context, caller: Trainer, query: Annotated[FineTuningJobListQuery, Query()]
) -> FineTuningJobList:
    """The user's own, the newest first."""
    rows, has_more = await gallery.page(context.database, caller.user_id, query.limit, query.after)
    data = [show(row) for row in rows]
    return FineTuningJobList(data=data, has_more=has_more, last_id=data[-1].id if data else None)


@router.get("/{fine_tuning_job_id}")
async def read_fine_tuning_job(fine_tuning_job_id: JobId, context: Context, caller: Trainer) -> FineTuningJob:
    return show(await gallery.find(context.database, fine_tuning_job_id, caller.user_id))


@router.post("/{fine_tuning_job_id}/cancel")
async def cancel_fine_tuning_job(
    fine_tuning_job_id: JobId, context: Context, caller: Trainer, act: ThisAct
) -> FineTuningJob:  # fmt: skip
    """At once while it waits; a run is stopped within a minute, and its last checkpoint is kept.

    Changes nothing when it has ended.
    """
    row = await context.fine_tuning.store.cancel(fine_tuning_job_id, caller.user_id, act)
    if row.status == "cancelled":
        folder = context.fine_tuning.workplace.folder_of(row.id)
        await asyncio.to_thread(folder.clear if row.attempt else folder.remove)  # without a run, nothing was learnt
    return show(row)


@router.post("/{fine_tuning_job_id}/pause")
async def pause_fine_tuning_job(
    fine_tuning_job_id: JobId, context: Context, caller: Trainer, act: ThisAct
) -> FineTuningJob:  # fmt: skip
    """At once while it waits; a run is stopped within a minute, and is `running` until then.

    Changes nothing when it is paused. A paused job counts among those under way, and trains nothing.
    """
    return show(await pause(context.database, fine_tuning_job_id, caller.user_id, act))


@router.post("/{fine_tuning_job_id}/resume")
async def resume_fine_tuning_job(
    fine_tuning_job_id: JobId, context: Context, caller: Trainer, act: ThisAct
) -> FineTuningJob:  # fmt: skip
    """It waits for its turn, then goes on from its last checkpoint."""
    return show(await resume(context.database, fine_tuning_job_id, caller.user_id, act))


@router.get(
    "/{fine_tuning_job_id}/events",
    response_model=FineTuningEventList,
    responses={200: documented(FineTuningEvent)},
)
async def list_fine_tuning_events(
    fine_tuning_job_id: JobId,
    request: Request,
    context: Context,
    caller: Trainer,
    query: Annotated[FineTuningEventListQuery, Query()],
    last_event_id: Annotated[
        str | None, Header(description="of a stream: the last event seen; absent: from the beginning", max_length=80)
    ] = None,
) -> FineTuningEventList | Response:
    """A page, or with `stream` all of them as they come, and over with the job's end."""
    if query.stream or SSE in request.headers.get("accept", ""):
        after = 0
        if last_event_id:
            after = gallery.sequence_number(fine_tuning_job_id, last_event_id, "invalid_event_id", "last-event-id")
        return await respond(request, EventStream(context, fine_tuning_job_id, caller).frames(after))
    found = (context.database, fine_tuning_job_id, caller.user_id, query.limit, query.after)
    rows, has_more = await gallery.event_page(*found)
    data = [show_event(row) for row in rows]
    return FineTuningEventList(data=data, has_more=has_more, last_id=data[-1].id if data else None)


@router.get("/{fine_tuning_job_id}/checkpoints")
async def list_fine_tuning_checkpoints(
    fine_tuning_job_id: JobId,
    context: Context,
    caller: Trainer,
    query: Annotated[FineTuningCheckpointListQuery, Query()],
) -> FineTuningCheckpointList:
    found = (context.database, fine_tuning_job_id, caller.user_id, query.limit, query.after)
    rows, has_more = await gallery.event_page(*found, kind="checkpoint")
    data = [show_checkpoint(row) for row in rows]
    return FineTuningCheckpointList(data=data, has_more=has_more, last_id=data[-1].id if data else None)
