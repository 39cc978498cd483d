"""Icons and splash screens as the files that platforms want, and what can be measured of an image."""

import io
from collections.abc import Iterator
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from deployments.export.bundle import ExportRequest, export, outlines, scores
from deployments.export.launch_bundle import LaunchRequest, export_launch
from deployments.schemas import ImageScores
from serve_app.deps import Context, Generator, ThisAct
from serve_app.exports.scenes import read_scenes
from serve_app.exports.schemas import ExportBody, ScoresQuery, SplashExportBody, rgb
from serve_app.exports.source import read_controls, read_image_file, read_source, read_style_images
from serve_app.json_body import JsonRoute

router = APIRouter(tags=["exports"], route_class=JsonRoute)

CHUNK_BYTES = 64 * 1024
SVG = "image/svg+xml"


@router.post(
    "/exports",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def create_export(body: ExportBody, context: Context, caller: Generator, act: ThisAct) -> StreamingResponse:
    """A zip of one image's icons: iOS, Android, PWA and favicon, with a contact sheet and `report.json`.

    The subject is taken from its ground and placed by each platform's keylines. The report has what a platform would
    refuse, what a person should look at, and the scores.
    """
    act.upon("generation" if body.generation_id else "file", body.generation_id or body.file_id or "")
    image = await read_source(context, body, caller.user_id)
    request = ExportRequest(
        name=body.name.strip(),
        platforms=tuple(dict.fromkeys(body.platforms)),
        background=rgb(body.background_color) if body.background_color else None,
        palette=tuple(map(rgb, body.colors)),
    )
    return _zip(await context.workshop.run(caller.key_id, partial(export, image, request)), "icons.zip")


@router.post(
    "/splash-exports",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def create_splash_export(
    body: SplashExportBody, context: Context, caller: Generator, act: ThisAct
) -> StreamingResponse:  # fmt: skip
    """A zip of launch screens: iOS, Android and PWA, with a contact sheet and `report.json`; many seconds' work.

    Of a family each screen gets the picture whose shape is nearest, in the dark the dark one.
    """
    kind = "set" if body.splash_set_id else "generation" if body.generation_id else "file"
    act.upon(kind, body.splash_set_id or body.generation_id or body.file_id or "")
    scenes = await read_scenes(context, body, caller.user_id)
    icon = None
    if body.icon_generation_id is not None:
        icon = await read_image_file(context, body.icon_generation_id, 0, caller.user_id)
    request = LaunchRequest(
        name=body.name.strip(), platforms=tuple(dict.fromkeys(body.platforms)), backgrounds=body.backgrounds()
    )
    bundle = await context.workshop.run(caller.key_id, partial(export_launch, scenes, icon, request))
    return _zip(bundle, "splash.zip")


@router.get(
    "/generations/{generation_id}/images/{index}/svg",
    response_class=Response,
    responses={200: {"content": {SVG: {"schema": {"type": "string"}}}}},
)
async def read_svg(
    generation_id: str, index: Annotated[int, Path(ge=0, lt=2**31)], context: Context, caller: Generator
) -> Response:
    """The image as SVG: up to eight flat colours, filled paths and nothing else.

    400 `not_flat` for what can't be said so: it would look otherwise, or take more than 256 KB.
    """
    image = await read_image_file(context, generation_id, index, caller.user_id)
    controls = await read_controls(context, generation_id, caller.user_id)
    return Response(await context.workshop.run(caller.key_id, partial(outlines, image, controls)), media_type=SVG)


@router.get("/generations/{generation_id}/images/{index}/scores")
async def read_scores(
    generation_id: str,
    index: Annotated[int, Path(ge=0, lt=2**31)],
    context: Context,
    caller: Generator,
    query: Annotated[ScoresQuery, Query()],
) -> ImageScores:
    """Measured when asked, from the pixels alone; drawing does not wait for it.

    Where a copy space or a logo box was asked for, how calm it has become, too; where style images were given, how
    like them it is in colours, which is wanted, and in drawing, which mostly is not.
    """
    image = await read_image_file(context, generation_id, index, caller.user_id)
    controls = await read_controls(context, generation_id, caller.user_id)
    style_images = await read_style_images(context, controls)
    return await context.workshop.run(caller.key_id, partial(scores, image, query.palette(), controls, style_images))


def _zip(content: bytes, name: str) -> StreamingResponse:
    headers = {"content-length": str(len(content)), "content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_chunks(content), media_type="application/zip", headers=headers)


def _chunks(content: bytes) -> Iterator[bytes]:
    buffer = io.BytesIO(content)
    while chunk := buffer.read(CHUNK_BYTES):
        yield chunk
