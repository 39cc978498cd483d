"""Files: images and data sets that a user has uploaded, and keeps until they delete them."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from serve_app.db.tables import UploadedFile
from serve_app.deps import Context, Filer, ThisAct
from serve_app.files.schemas import File, FileBody, FileDeleted, FileId, FileList, FileListQuery
from serve_app.intake.documented import documented_body

router = APIRouter(prefix="/files", tags=["files"])

BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "",
    status_code=201,
    openapi_extra=documented_body(FileBody, {"file": "PNG, JPEG or WebP; or, of a data set, a zip archive"}),
    responses={200: {"model": File, "description": "the user has this file already"}},
)
async def create_file(request: Request, response: Response, context: Context, caller: Filer, act: ThisAct) -> File:
    """Keeps an image's pixels, upright, without metadata (scope `generate`), or a data set as it is (scope `train`).

    What is in a data set is looked at when a fine-tuning job names it.
    """

    def check(body: FileBody) -> None:
        caller.require("train" if body.purpose == "dataset" else "generate")

    async with context.intake.reading_file(request, caller.key_id, check) as (body, upload):
        row, is_new = await context.files.add(caller, upload, body.purpose, act)
    if not is_new:
        response.status_code = 200
    return _shown(row)


@router.get("")
async def list_files(context: Context, caller: Filer, query: Annotated[FileListQuery, Query()]) -> FileList:
    """The user's own, the newest first."""
    rows, has_more = await context.files.page(caller.user_id, query.limit, query.after, query.purpose)
    data = [_shown(row) for row in rows]
    first_id, last_id = (data[0].id, data[-1].id) if data else (None, None)
    return FileList(data=data, has_more=has_more, first_id=first_id, last_id=last_id)


@router.get("/{file_id}")
async def read_file(file_id: FileId, context: Context, caller: Filer) -> File:
    return _shown(await context.files.find(file_id, caller.user_id))


@router.get(
    "/{file_id}/content",
    response_class=Response,
    responses={200: {"content": dict.fromkeys(("image/png", "application/zip"), BINARY)}},
)
async def read_content(file_id: FileId, context: Context, caller: Filer) -> Response:
    """As it is kept."""
    row = await context.files.find(file_id, caller.user_id)
    headers = {"cache-control": "private, max-age=31536000, immutable", "etag": f'"{row.sha256}"'}
    if row.purpose == "dataset":
        headers |= {"content-length": str(row.size_bytes), "content-disposition": 'attachment; filename="dataset.zip"'}
        return StreamingResponse(context.files.chunks(row), media_type="application/zip", headers=headers)
    return Response(await context.files.content(row), media_type="image/png", headers=headers)


@router.delete("/{file_id}")
async def delete_file(file_id: FileId, context: Context, caller: Filer, act: ThisAct) -> FileDeleted:
    """For good. A generation that waits to be drawn from it fails."""
    await context.files.delete(file_id, caller.user_id, act)
    return FileDeleted(id=file_id)


def _shown(row: UploadedFile) -> File:
    return File(
        id=row.id,
        bytes=row.size_bytes,
        created_at=int(row.created_at.timestamp()),
        filename=row.filename,
        purpose=row.purpose,
        size=None if row.purpose == "dataset" else f"{row.width_px}x{row.height_px}",
        sha256=row.sha256,
    )
