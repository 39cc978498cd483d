"""Images: made from a prompt, and fetched again."""

import asyncio
import base64
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from deployments.schemas import GenerationRecord, ImageRecord
from serve_app.context import GatewayContext
from serve_app.deps import Context, Generator, IdempotencyName, RequestId
from serve_app.image_records import find_image
from serve_app.jobs.idempotency import idempotency
from serve_app.jobs.job import Submission
from serve_app.plan import kind_of, plan_generation
from serve_app.schemas import GeneratedImage, ImageGenerationBody, ImageGenerationResponse, TimingsMs, Usage

router = APIRouter(tags=["images"])


@router.post("/images/generations")
async def create_images(
    body: ImageGenerationBody,
    request: Request,
    context: Context,
    caller: Generator,
    request_id: RequestId,
    idempotency_name: IdempotencyName = None,
) -> ImageGenerationResponse:
    """Makes `n` images of one prompt and answers when all are stored. The same seed gives the same image."""
    plan = plan_generation(body, context.profile, request_id)
    name = idempotency(request.url.path, body, idempotency_name)
    row = await context.jobs.submit(
        Submission(caller.key_id, kind_of(body.model), plan, is_patient=False, idempotency=name)
    )
    try:
        record = await context.jobs.result(row)
    except asyncio.CancelledError:  # the caller has hung up
        if (body.on_disconnect or ("continue" if name else "cancel")) == "cancel":
            context.jobs.cancel_soon(row)
        raise
    base_url = context.public_url or str(request.base_url)
    images = await asyncio.gather(
        *(_image(context, record, image, body.response_format, base_url) for image in record.images)
    )
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
    """The image's file, for the key that made it."""
    image = await find_image(context.database, generation_id, index, caller.key_id)
    content = await asyncio.to_thread(context.image_store.get, image.key)
    headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{image.sha256}"'}
    return Response(content, media_type=image.media_type, headers=headers)


async def _image(
    context: GatewayContext, record: GenerationRecord, image: ImageRecord, response_format: str, base_url: str
) -> GeneratedImage:
    generated = GeneratedImage(index=image.index, seed=image.seed, sha256=image.sha256)
    if response_format == "url":
        path = f"v1/generations/{record.generation_id}/images/{image.index}"
        return generated.model_copy(update={"url": f"{base_url.rstrip('/')}/{path}"})
    content = await asyncio.to_thread(context.image_store.get, image.key)
    return generated.model_copy(update={"b64_json": base64.b64encode(content).decode()})
