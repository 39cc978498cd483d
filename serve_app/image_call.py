"""A call that has images made: accepted as a job, then answered when all are stored, or streamed as each is."""

import asyncio
import base64

from fastapi import Request, Response

from deployments.schemas import GenerationRecord, GenerationRequest, ImageRecord
from deployments.specs import Kind
from serve_app.context import GatewayContext
from serve_app.deps import Call
from serve_app.edits.schemas import JobBody
from serve_app.generation_view import image_url
from serve_app.jobs.acceptance import Accepted
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import Idempotency, Submission
from serve_app.jobs.results import fingerprint_of
from serve_app.plan import kind_of, priority_of
from serve_app.schemas import (
    GeneratedImage,
    GenerationBody,
    ImageBody,
    ImageGenerationBody,
    ImageGenerationResponse,
    TimingsMs,
    Usage,
)
from serve_app.streams.images import ImageStream
from serve_app.streams.job import JobStream
from serve_app.streams.sse import respond


async def submit(call: Call, body: GenerationBody, plan: GenerationRequest, is_patient: bool) -> Accepted:
    """Raises InvalidRequest, PermissionDenied, RateLimited or Unavailable; sets the headers that tell what is left."""
    inputs = [image.sha256 for image in (plan.image, plan.mask) if image]
    name = idempotency(call.request.url.path, body, call.idempotency_name, *inputs)
    accepted = await call.context.jobs.submit(await submission_of(call, body, plan, is_patient, name))
    call.response.headers.update(accepted.standing)
    return accepted


async def submission_of(
    call: Call, body: GenerationBody, plan: GenerationRequest, is_patient: bool, name: Idempotency | None = None
) -> Submission:
    """What may be drawn. Raises PermissionDenied, InvalidRequest for what the policy blocks, or Unavailable."""
    await call.context.moderator.check(plan, call.act)
    limits = call.caller.limits
    known = {"priority": priority_of(body, limits), "traceparent": call.request.state.traceparent}
    plan = plan.model_copy(update=known)
    key_id, user_id, kind = call.caller.key_id, call.caller.user_id, kind_of(body.model)
    webhook_url = body.webhook_url if isinstance(body, JobBody) else None
    if webhook_url:
        call.context.webhook_rules.check(webhook_url)
    fingerprint = None if webhook_url else await _fingerprint(call, body, kind, plan)
    return Submission(key_id, user_id, kind, plan, is_patient, limits, name, call.act, webhook_url, fingerprint)


async def _fingerprint(call: Call, body: GenerationBody, kind: Kind, plan: GenerationRequest) -> str | None:
    """None for what is drawn in any case: without a seed another image is wanted, as a stream its steps.

    So is what names a style without its version: which that is shows only when it is drawn.
    """
    is_stream = isinstance(body, ImageBody) and body.stream
    is_fixed = body.seed is not None and all("@" in lora.id for lora in plan.loras)
    if not is_fixed or not body.cache or is_stream:
        return None
    versions = await call.context.adapters.drawn_by(plan, call.context.services[kind].model_version)
    return fingerprint_of(kind, plan, versions) if versions else None


async def make_images(call: Call, body: ImageBody, plan: GenerationRequest) -> ImageGenerationResponse | Response:
    context = call.context
    if body.stream:
        context.streams.refuse_more(call.caller.key_id)  # before anything is accepted
    accepted = await submit(call, body, plan, is_patient=False)
    row = accepted.row
    ends_with_caller = (body.on_disconnect or ("continue" if call.idempotency_name else "cancel")) == "cancel"
    if body.stream:
        job = JobStream(context, call.request, row.id, call.caller)
        options = body.stream_options.include if isinstance(body, ImageGenerationBody) else []
        stream = await respond(call.request, ImageStream(job, row, body, options, ends_with_caller).frames())
        stream.headers.update(accepted.standing)
        return stream
    try:
        record = await context.jobs.result(row)
    except asyncio.CancelledError:  # the caller has hung up
        if ends_with_caller:
            context.jobs.cancel_soon(row)
        raise
    images = await asyncio.gather(*(_image(context, call.request, record, image, body) for image in record.images))
    return ImageGenerationResponse(
        created=int(row.created_at.timestamp()),
        id=record.generation_id,
        model=kind_of(body.model),
        model_version=record.model_version,
        adapters=list(record.adapters),
        style=plan.style.id if plan.style else None,
        cached=accepted.is_cached,
        data=images,
        size=f"{plan.width_px}x{plan.height_px}",
        quality=body.quality,
        output_format=body.output_format,
        is_prompt_truncated=record.is_prompt_truncated,
        usage=Usage(input_tokens=record.num_prompt_tokens, total_tokens=record.num_prompt_tokens),
        timings=TimingsMs(**record.timings.model_dump()),
    )


async def _image(
    context: GatewayContext, request: Request, record: GenerationRecord, image: ImageRecord, body: ImageBody
) -> GeneratedImage:
    generated = GeneratedImage(index=image.index, seed=image.seed, sha256=image.sha256)
    if body.response_format == "url":
        return generated.model_copy(update={"url": image_url(record.generation_id, image.index, context, request)})
    content = await asyncio.to_thread(context.image_store.get, image.key)
    return generated.model_copy(update={"b64_json": base64.b64encode(content).decode()})
