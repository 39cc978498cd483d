"""Images: made from a prompt, and fetched again."""

import asyncio
import base64
import time
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from deployments.schemas import GenerationRecord, ImageRecord
from serve_app.context import GatewayContext
from serve_app.deps import Context, Generator, RequestId
from serve_app.image_records import add_images, find_image
from serve_app.plan import kind_of, plan_generation
from serve_app.schemas import GeneratedImage, ImageGenerationBody, ImageGenerationResponse, TimingsMs, Usage

router = APIRouter(tags=["images"])


@router.post("/images/generations")
async def create_images(
    body: ImageGenerationBody, request: Request, context: Context, caller: Generator, request_id: RequestId
) -> ImageGenerationResponse:
    """Makes `n` images of one prompt and answers when all are stored. The same seed gives the same image."""
    kind = kind_of(body.model)
    plan = plan_generation(body, context.profile, request_id)
    record = await context.services[kind].generate(plan)
    base_url = context.public_url or str(request.base_url)
    _, *images = await asyncio.gather(
        add_images(context.database, record, plan.output_format, caller.key_id),
        *(_image(context, record, image, body.response_format, base_url) for image in record.images),
    )
    return ImageGenerationResponse(
        created=int(time.time()),
        id=record.generation_id,
        model=kind,
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
