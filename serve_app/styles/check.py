"""A style's parts as they are kept: images that were drawn become files, and what can't be drawn is refused now."""

from deployments.errors import InvalidRequest, NotFound
from serve_app.controls.plan import put_controls
from serve_app.controls.schemas import StyleImage
from serve_app.deps import Call
from serve_app.edits.schemas import JobBody
from serve_app.exports.source import read_image_file
from serve_app.plan import plan_generation
from serve_app.styles.apply import TAKEN
from serve_app.styles.schemas import StyleBody, StyleParts, StyleReference


async def checked(call: Call, body: StyleBody) -> StyleParts:
    """Raises InvalidRequest, NotFound (also for another user's images), Conflict, RateLimited or Unavailable."""
    images = [await _kept(call, reference, f"style_images.{n}") for n, reference in enumerate(body.style_images)]
    said = body.model_dump(exclude={"style_images"}) | {"style_images": images}
    parts = StyleParts.model_validate(said)
    await _plan(call, parts)
    return parts


async def _plan(call: Call, parts: StyleParts) -> None:
    """A picture in this style, as far as it is planned: the fields have the same names there."""
    said = {name: value for name in TAKEN if (value := getattr(parts, name)) is not None}
    model = "splash" if parts.kind == "splash" else "icon"
    drawing = JobBody(prompt=parts.name, model=model, **said)
    await put_controls(call, drawing, model, plan_generation(drawing, call.context.profile, call.request_id))


async def _kept(call: Call, reference: StyleReference, param: str) -> StyleImage:
    heard = reference.model_dump(exclude={"file_id", "generation_id", "index"})
    if (reference.file_id is None) == (reference.generation_id is None):
        raise InvalidRequest(f"{param}: name one image: a generation_id, or a file_id", "invalid_value", param)
    if reference.file_id is not None:
        return StyleImage(file_id=reference.file_id, **heard)
    assert reference.generation_id is not None
    try:
        content = await read_image_file(call.context, reference.generation_id, reference.index, call.caller.user_id)
    except NotFound as error:
        raise NotFound(f"{param}: {error.message}", "referenced_object_not_found", param) from error
    upload = await call.context.intake.reopen(f"{reference.generation_id}-{reference.index}.png", content)
    row, _ = await call.context.files.add(call.caller, upload, "reference")
    return StyleImage(file_id=row.id, **heard)
