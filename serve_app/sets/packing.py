"""A set as one zip, packed item by item on the disk: many bundles together would not fit into memory."""

import asyncio
import tempfile
import zipfile
from functools import partial
from typing import IO

import numpy as np

from deployments.errors import Conflict
from deployments.export.bundle import ExportRequest
from deployments.export.files import Files, entry, json_text
from deployments.export.set_bundle import bundle, name_of, picture, set_sheet, thumbnails
from serve_app.auth.key_store import Caller
from serve_app.context import GatewayContext
from serve_app.exports.source import read_image_file
from serve_app.sets.rows import FoundItem, FoundSet
from serve_app.sets.schemas import ImageSet

SHEET, REPORT = "contact-sheet.png", "report.json"


async def pack(
    context: GatewayContext, caller: Caller, found: FoundSet, shown: ImageSet, request: ExportRequest | None
) -> IO[bytes]:
    """With a `request` each item's platform bundle, without one its picture; of those that have one.

    Raises Conflict while one is drawn or where there is none, and what the workshop raises.
    """
    if found.status == "in_progress":
        raise Conflict(f"set {found.row.id!r} is in progress: {shown.progress:.0%} is drawn", "not_finished")
    drawn = [item for item in found.items if item.is_drawn]
    if not drawn:
        raise Conflict(f"set {found.row.id!r} has no image", "nothing_drawn")
    file, sheet = tempfile.TemporaryFile(), []  # whoever sends it closes it
    try:
        with zipfile.ZipFile(file, "w") as archive:
            for item in drawn:
                image = await read_image_file(context, item.row.generation_id, 0, caller.user_id)
                work = partial(_files_of, image, name_of(item.row.position, item.row.subject), request)
                files, pictures = await context.workshop.run(caller.key_id, work)
                sheet.append((item.row.subject, pictures))
                await asyncio.to_thread(_add, archive, files)
            drawing = partial(set_sheet, found.row.name, sheet)
            files = {SHEET: await context.workshop.run(caller.key_id, drawing), REPORT: _report(shown, drawn)}
            await asyncio.to_thread(_add, archive, files)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _files_of(image: bytes, name: str, request: ExportRequest | None) -> tuple[Files, list[np.ndarray]]:
    files = bundle(image, name, request) if request else picture(image, name)
    return files, thumbnails(image)


def _add(archive: zipfile.ZipFile, files: Files) -> None:
    for path, content in files.items():
        archive.writestr(entry(path), content)


def _report(shown: ImageSet, drawn: list[FoundItem]) -> bytes:
    names = {item.row.id: name_of(item.row.position, item.row.subject) for item in drawn}
    said = {"id", "subject", "prompt", "status", "generation_id", "seed", "error", "scores", "distance"}
    whole = shown.model_dump(mode="json", exclude={"items", "progress"})
    items = [item.model_dump(mode="json", include=said) | {"file": names.get(item.id)} for item in shown.items]
    return json_text(whole | {"items": items})
