"""Styles: made once, and named by what is drawn."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from serve_app.deps import Call, Context, Generator, RequestId, ThisAct
from serve_app.json_body import JsonRoute
from serve_app.styles.check import checked
from serve_app.styles.found import FoundStyle
from serve_app.styles.schemas import Style, StyleBody, StyleList, StyleListQuery

router = APIRouter(prefix="/styles", tags=["styles"], route_class=JsonRoute)


@router.post("", status_code=201)
async def create_style(
    body: StyleBody, request: Request, response: Response, context: Context, caller: Generator,
    request_id: RequestId, act: ThisAct,
) -> Style:  # fmt: skip
    """Version 1 of a new style. What no picture could be drawn with is refused as it would be there."""
    parts = await checked(Call(request, response, context, caller, request_id, act), body)
    return _shown(await context.styles.create(caller.user_id, parts, act))


@router.get("")
async def list_styles(context: Context, caller: Generator, query: Annotated[StyleListQuery, Query()]) -> StyleList:
    """The user's own, the newest first, and then the presets, which are everybody's."""
    found, has_more = await context.styles.page(caller.user_id, query.limit, query.after)
    last_id = found[-1].id if found else None
    return StyleList(data=[_shown(one) for one in found], has_more=has_more, last_id=last_id)


@router.get("/{style_id}")
async def read_style(style_id: str, context: Context, caller: Generator) -> Style:
    """Its newest version; `ID@VERSION` reads another."""
    return _shown(await context.styles.find(style_id, caller.user_id))


@router.put("/{style_id}")
async def change_style(
    style_id: str, body: StyleBody, request: Request, response: Response, context: Context, caller: Generator,
    request_id: RequestId, act: ThisAct,
) -> Style:  # fmt: skip
    """A new version, wholly as the body says. What names an older one is still drawn by that. 403 for a preset."""
    await context.styles.find_own(style_id, caller.user_id)
    parts = await checked(Call(request, response, context, caller, request_id, act), body)
    return _shown(await context.styles.change(style_id, caller.user_id, parts, act))


@router.delete("/{style_id}", status_code=204)
async def delete_style(style_id: str, context: Context, caller: Generator, act: ThisAct) -> Response:
    """All versions. What was drawn with it stays, and its sets are still drawn by it; its images stay as files."""
    await context.styles.delete(style_id, caller.user_id, act)
    return Response(status_code=204)


def _shown(found: FoundStyle) -> Style:
    moment, said = found.created_at, found.parts.model_dump()
    created_at = None if moment is None else int(moment.timestamp())
    return Style(**said, id=found.id, version=found.version, is_preset=moment is None, created_at=created_at)
