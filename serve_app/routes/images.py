"""Images: made from a prompt, and fetched again."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from serve_app.controls.plan import put_controls
from serve_app.controls.schemas import ImageDrawBody
from serve_app.deps import Context, GenerationCall, Generator
from serve_app.image_call import make_images
from serve_app.image_records import find_image
from serve_app.json_body import JsonRoute
from serve_app.plan import plan_generation
from serve_app.schemas import ImageGenerationResponse
from serve_app.streams.events import (
    GenerationChanged,
    GenerationQueue,
    GenerationStep,
    ImageCompleted,
    ImagePartial,
    documented,
)
from serve_app.styles.apply import styled
from serve_app.thumbnails import MEDIA_TYPE

router = APIRouter(tags=["images"], route_class=JsonRoute)

Index = Annotated[int, Path(ge=0, lt=2**31)]

_FOR_GOOD = {"cache-control": "private, max-age=31536000, immutable"}
_TOLD = (ImagePartial, ImageCompleted, GenerationChanged, GenerationQueue, GenerationStep)


@router.post(
    "/images/generations",
    response_model=ImageGenerationResponse,
    responses={200: documented(*_TOLD, end="[DONE]")},
)
async def create_images(body: ImageDrawBody, call: GenerationCall) -> ImageGenerationResponse | Response:
    """Makes `n` images of one prompt and answers when all are stored, or with `stream` as each is.

    The same seed gives the same image. Streams tell OpenAI's events; what `stream_options` asks for, besides.
    """
    within = await styled(call, body)
    with within.blamed():
        plan = plan_generation(within.body, call.context.profile, call.request_id)
        plan = await put_controls(call, within.body, body.model, plan)
    return await make_images(call, body, within.put_into(plan))


@router.get(
    "/generations/{generation_id}/images/{index}",
    response_class=Response,
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_image(generation_id: str, index: Index, context: Context, caller: Generator) -> Response:
    """The image's file, for the user who made it. 409 while it may still be drawn."""
    image = await find_image(context.database, generation_id, index, caller.user_id)
    content = await asyncio.to_thread(context.image_store.get, image.key)
    return Response(content, media_type=image.media_type, headers=_FOR_GOOD | {"etag": f'"{image.sha256}"'})


@router.get(
    "/generations/{generation_id}/images/{index}/thumbnail",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_thumbnail(generation_id: str, index: Index, context: Context, caller: Generator) -> Response:
    """The image as WebP of at most 256 pixels a side. Otherwise as the image itself."""
    image = await find_image(context.database, generation_id, index, caller.user_id)
    content = await context.thumbnails.get(image)
    return Response(content, media_type=MEDIA_TYPE, headers=_FOR_GOOD | {"etag": f'"{image.sha256}-thumbnail"'})
