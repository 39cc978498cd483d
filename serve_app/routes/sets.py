"""Icon sets and splash families: one request, many generations that look alike."""

import secrets
from collections.abc import Iterator
from typing import IO, Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from deployments.export.bundle import PLATFORMS, ExportRequest
from deployments.schemas import MAX_SEED
from deployments.specs import Kind
from serve_app.controls.plan import refuse_without_adapter
from serve_app.deps import Call, Context, GenerationCall, Generator, ThisAct
from serve_app.json_body import JsonRoute
from serve_app.sets.drawing import drawing_in, drawing_of
from serve_app.sets.measuring import find_measured
from serve_app.sets.packing import pack
from serve_app.sets.plan import check_hero, submissions_of
from serve_app.sets.rows import find, page
from serve_app.sets.schemas import (
    IconSetBody,
    IconSetItemsBody,
    ImageSet,
    ImageSetExportQuery,
    ImageSetList,
    ImageSetListQuery,
    RedrawBody,
    SetBody,
    SplashSetBody,
)
from serve_app.sets.store import Changed, NewSet
from serve_app.sets.view import show, summary
from serve_app.sets.wanted import Wanted, wanted_icons, wanted_splashes
from serve_app.thumbnails import delete_images

router = APIRouter(tags=["sets"], route_class=JsonRoute)

CHUNK_BYTES = 64 * 1024


@router.post("/icon-sets", status_code=202)
async def create_icon_set(body: IconSetBody, call: GenerationCall) -> ImageSet:
    """Accepts one generation for each subject, all or none: same seed, template, size and drawing."""
    template = body.template.strip()
    return await _create(call, "icon", template, body, wanted_icons(body.subjects, template, body.size))


@router.post("/splash-sets", status_code=202)
async def create_splash_set(body: SplashSetBody, call: GenerationCall) -> ImageSet:
    """Accepts one generation for each format in each theme, all or none: one brief, one seed."""
    return await _create(call, "splash", body.brief.strip(), body, wanted_splashes(body, call.context.profile))


@router.post("/icon-sets/{set_id}/items", status_code=202)
async def create_icon_set_items(set_id: str, body: IconSetItemsBody, call: GenerationCall) -> ImageSet:
    """More subjects, drawn as the set was."""
    found = await find(call.context.database, "icon", set_id, call.caller.user_id)
    wanted = wanted_icons(body.subjects, found.row.template, found.items[0].row.size)
    if body.hero:
        await refuse_without_adapter(call, "icon", "hero")
    submissions = await submissions_of(call, "icon", drawing_of(found.row), wanted, body)
    changed = await call.context.sets.append("icon", set_id, wanted, submissions, body.hero, call.act)
    return await _answer(call, "icon", changed)


@router.get("/{kind}-sets")
async def list_sets(
    kind: Kind, context: Context, caller: Generator, query: Annotated[ImageSetListQuery, Query()]
) -> ImageSetList:  # fmt: skip
    """The user's own, the newest first."""
    found, has_more = await page(context.database, kind, caller.user_id, query.limit, query.after)
    last_id = found[-1].row.id if found else None
    return ImageSetList(data=[summary(one) for one in found], has_more=has_more, last_id=last_id)


@router.get("/{kind}-sets/{set_id}")
async def read_set(kind: Kind, set_id: str, request: Request, context: Context, caller: Generator) -> ImageSet:
    """With its items, and how alike the finished ones look; each is measured once, when it is first asked for."""
    return await show(await find_measured(context, kind, set_id, caller), context, request)


@router.post("/{kind}-sets/{set_id}/items/{item_id}/regenerate", status_code=202)
async def regenerate_set_item(kind: Kind, set_id: str, item_id: str, call: GenerationCall) -> ImageSet:
    """Draws one item again, with a new seed; the generation that it had stays in the gallery."""
    found = await find(call.context.database, kind, set_id, call.caller.user_id)
    item = found.item(item_id)
    wanted = [Wanted(item.subject, item.prompt, item.size)]
    seed = secrets.randbelow(MAX_SEED + 1)
    (submission,) = await submissions_of(call, kind, drawing_of(found.row), wanted, RedrawBody(), seed)
    return await _answer(call, kind, await call.context.sets.redraw(kind, set_id, item_id, submission, call.act))


@router.post("/{kind}-sets/{set_id}/cancel")
async def cancel_set(
    kind: Kind, set_id: str, request: Request, context: Context, caller: Generator, act: ThisAct
) -> ImageSet:  # fmt: skip
    """Images that are finished by then are kept. Changes nothing when all have ended."""
    await context.jobs.stop(await context.sets.cancel(kind, set_id, caller.user_id, act))
    return await show(await find(context.database, kind, set_id, caller.user_id), context, request)


@router.delete("/{kind}-sets/{set_id}", status_code=204)
async def delete_set(kind: Kind, set_id: str, context: Context, caller: Generator, act: ThisAct) -> Response:
    """With its generations and their images, for good. 409 while one has not ended."""
    await delete_images(context.image_store, await context.sets.delete(kind, set_id, caller.user_id, act))
    return Response(status_code=204)


@router.get(
    "/{kind}-sets/{set_id}/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def export_set(
    kind: Kind, set_id: str, request: Request, context: Context, caller: Generator,
    query: Annotated[ImageSetExportQuery, Query()],
) -> StreamingResponse:  # fmt: skip
    """A zip of the finished images: PNGs, or each one's platform bundle; with a contact sheet and `report.json`."""
    found = await find_measured(context, kind, set_id, caller)
    platforms = tuple(name for name in PLATFORMS if name in query.platforms.split(","))
    wanted = ExportRequest(name=found.row.name, platforms=platforms, background=None)
    file = await pack(
        context, caller, found, await show(found, context, request), wanted if query.files == "bundle" else None
    )
    headers = {"content-disposition": f'attachment; filename="{kind}-set.zip"'}
    return StreamingResponse(_chunks(file), media_type="application/zip", headers=headers)


async def _create(call: Call, kind: Kind, template: str, body: SetBody, wanted: list[Wanted]) -> ImageSet:
    await check_hero(call, kind, body)
    within = await drawing_in(call, body)
    submissions = await submissions_of(call, kind, within, wanted, body)
    has_hero = body.consistency == "hero"
    new = NewSet(kind, body.name.strip(), template, within.body, within.use, has_hero, body.hero)
    changed = await call.context.sets.create(new, wanted, submissions, call.act)
    call.response.headers["location"] = f"/v1/{kind}-sets/{changed.set_id}"
    return await _answer(call, kind, changed)


async def _answer(call: Call, kind: Kind, changed: Changed) -> ImageSet:
    call.context.jobs.wake()
    call.response.headers.update(changed.standing)
    found = await find(call.context.database, kind, changed.set_id, call.caller.user_id)
    return await show(found, call.context, call.request)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
