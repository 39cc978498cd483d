"""The images that are drawn over: files of the caller's, kept now or before."""

from collections.abc import Mapping
from dataclasses import dataclass

from deployments.errors import InvalidRequest, NotFound
from deployments.schemas import GenerationRequest, StoredImage
from serve_app.db.tables import UploadedFile
from serve_app.deps import Call
from serve_app.edits.schemas import FileReference, ImageEditByFileBody, JobBody
from serve_app.intake.intake import Upload


@dataclass(frozen=True)
class Inputs:
    image: UploadedFile
    mask: UploadedFile | None

    def put_into(self, plan: GenerationRequest) -> GenerationRequest:
        return plan.model_copy(update={"image": _stored(self.image), "mask": self.mask and _stored(self.mask)})


async def keep(call: Call, uploads: Mapping[str, Upload]) -> Inputs:
    """Stored before the job is accepted, so that it can be drawn by whoever comes to it. Raises RateLimited."""
    rows = {name: (await call.context.files.add(call.caller, upload, "edit"))[0] for name, upload in uploads.items()}
    return Inputs(rows["image"], rows.get("mask"))


async def find_inputs(call: Call, body: ImageEditByFileBody | JobBody) -> Inputs | None:
    """Raises NotFound, also for another user's, and InvalidRequest for what is said of an image that is not there."""
    if not body.images:
        for name in body.model_fields_set & {"mask", "strength", "input_fidelity", "expand"}:
            raise InvalidRequest(f"{name} needs an image that it applies to", "reference_required", "images")
        return None
    image = await _find(call, body.images[0], "images")
    return Inputs(image, await _find(call, body.mask, "mask") if body.mask else None)


async def _find(call: Call, reference: FileReference, param: str) -> UploadedFile:
    try:
        return await call.context.files.find_image(reference.file_id, call.caller.user_id)
    except NotFound as error:
        raise NotFound(f"{param}: {error.message}", "referenced_object_not_found", param) from error
    except InvalidRequest as error:
        raise InvalidRequest(f"{param}: {error.message}", error.code, param) from error


def _stored(row: UploadedFile) -> StoredImage:
    return StoredImage(key=row.key, sha256=row.sha256)
