"""Images: made from a prompt, and fetched again."""

import asyncio
import base64
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from deployments.schemas import GenerationRecord, ImageRecord
from serve_app.context import GatewayContext
from serve_app.deps import Context, Generator, IdempotencyName, RequestId
from serve_app.generation_view import image_url
from serve_app.image_records import find_image
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import Submission
from serve_app.json_body import JsonRoute
from serve_app.plan import kind_of, plan_generation
from serve_app.schemas import GeneratedImage, ImageGenerationBody, ImageGenerationResponse, TimingsMs, Usage
from serve_app.streams.events import (
    GenerationChanged,
    GenerationQueue,
    GenerationStep,
    ImageCompleted,
    ImagePartial,
    documented,
)
from serve_app.streams.images import ImageStream
from serve_app.streams.job import JobStream
from serve_app.streams.sse import respond

router = APIRouter(tags=["images"], route_class=JsonRoute)

_TOLD = (ImagePartial, ImageCompleted, GenerationChanged, GenerationQueue, GenerationStep)


@router.post(
    "/images/generations",
    response_model=ImageGenerationResponse,
    responses={200: documented(*_TOLD, end="[DONE]")},
)
async def create_images(
    body: ImageGenerationBody,
    request: Request,
    response: Response,
    context: Context,
    caller: Generator,
    request_id: RequestId,
    idempotency_name: IdempotencyName = None,
) -> ImageGenerationResponse | Response:
    """Makes `n` images of one prompt and answers when all are stored, or with `stream` as each is.

    The same seed gives the same image. Streams tell OpenAI's events; what `stream_options` asks for, besides.
    """
    if body.stream:
        context.streams.refuse_more(caller.key_id)  # before anything is accepted
    plan = plan_generation(body, context.profile, request_id)
    name = idempotency(request.url.path, body, idempotency_name)
    accepted = await context.jobs.submit(
        Submission(caller.key_id, kind_of(body.model), plan, is_patient=False, limits=caller.limits, idempotency=name)
    )
    row = accepted.row
    response.headers.update(accepted.standing)
    ends_with_caller = (body.on_disconnect or ("continue" if name else "cancel")) == "cancel"
    if body.stream:
        job = JobStream(context, request, row.id, caller.key_id)
        stream = await respond(request, ImageStream(job, row, body, ends_with_caller).frames())
        stream.headers.update(accepted.standing)
        return stream
    try:
        record = await context.jobs.result(row)
    except asyncio.CancelledError:  # the caller has hung up
        if ends_with_caller:
            context.jobs.cancel_soon(row)
        raise
    images = await asyncio.gather(*(_image(context, request, record, image, body) for image in record.images))
    return ImageGenerationResponse(
        created=int(row.created_at.timestamp()),
        id=record.generation_id,
        model=kind_of(body.model),
        model_version=record.model_version,
        data=images,
        size=f"{plan.width_px}x{plan.height_px}",
        quality=body.quality,
        output_format=body.output_format,
        is_prompt_truncated=record.is_prompt_truncated,
        usage=Usage(input_tokens=record.num_prompt_tokens, total_tokens=record.num_prompt_tokens),
        timings=TimingsMs(**record.timings.model_dump()),
    )


@router.get(
    "/generations/{generation_id}/images/{index}",
    response_class=Response,
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_image(
    generation_id: str, index: Annotated[int, Path(ge=0, lt=2**31)], context: Context, caller: Generator
) -> Response:
    """The image's file, for the key that made it. 409 while it may still be drawn."""
    image = await find_image(context.database, generation_id, index, caller.key_id)
    content = await asyncio.to_thread(context.image_store.get, image.key)
    headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{image.sha256}"'}
    return Response(content, media_type=image.media_type, headers=headers)


async def _image(
    context: GatewayContext, request: Request, record: GenerationRecord, image: ImageRecord, body: ImageGenerationBody
) -> GeneratedImage:
    generated = GeneratedImage(index=image.index, seed=image.seed, sha256=image.sha256)
    if body.response_format == "url":
        return generated.model_copy(update={"url": image_url(record.generation_id, image.index, context, request)})
    content = await asyncio.to_thread(context.image_store.get, image.key)
    return generated.model_copy(update={"b64_json": base64.b64encode(content).decode()})
