"""Images made from images: edited by a prompt, wholly or under a mask, or varied."""

from collections.abc import Mapping

from fastapi import APIRouter, Response

from deployments.schemas import GenerationRequest
from serve_app.controls.plan import put_controls
from serve_app.deps import Call, GenerationCall
from serve_app.edits.inputs import find_inputs, keep
from serve_app.edits.plan import plan_edit
from serve_app.edits.schemas import ImageEditBody, ImageEditByFileBody, ImageVariationBody
from serve_app.image_call import make_images
from serve_app.intake.body import body_of_json, is_json
from serve_app.intake.documented import documented_body
from serve_app.intake.intake import Upload
from serve_app.schemas import ImageGenerationResponse
from serve_app.streams.events import ImageCompleted, ImagePartial, documented
from serve_app.styles.apply import styled

router = APIRouter(tags=["images"], responses={200: documented(ImagePartial, ImageCompleted)})

IMAGE = "PNG, JPEG or WebP, up to 20 MB and 32 megapixels"
MASK = "as large as the image; what is transparent is drawn anew, the rest is kept to the pixel"


@router.post(
    "/images/edits",
    response_model=ImageGenerationResponse,
    openapi_extra=documented_body(ImageEditBody, {"image": IMAGE, "mask": MASK}, ImageEditByFileBody),
)
async def create_edits(call: GenerationCall) -> ImageGenerationResponse | Response:
    """Draws the image anew as the prompt says: all of it, or where the mask is transparent.

    Its files come with it as multipart, or are named in JSON.
    """
    if is_json(call.request):
        by_file = await body_of_json(ImageEditByFileBody, call.request)
        inputs = await find_inputs(call, by_file)
        assert inputs  # the body has one image
        within, profile = await styled(call, by_file), call.context.profile
        with within.blamed():
            plan = plan_edit(within.body, inputs.image, inputs.mask, profile, call.request_id)
            plan = await put_controls(call, within.body, by_file.model, inputs.put_into(plan))
        return await make_images(call, by_file, within.put_into(plan))
    intake = call.context.intake
    body, uploads = await intake.read(call.request, call.caller.key_id, ImageEditBody, ("image", "mask"))
    return await make_images(call, body, await _plan(call, body, uploads))


@router.post(
    "/images/variations",
    response_model=ImageGenerationResponse,
    openapi_extra=documented_body(ImageVariationBody, {"image": IMAGE}),
)
async def create_variations(call: GenerationCall) -> ImageGenerationResponse | Response:
    """Draws images that are like the given one."""
    intake = call.context.intake
    body, uploads = await intake.read(call.request, call.caller.key_id, ImageVariationBody, ("image",))
    return await make_images(call, body, await _plan(call, body, uploads))


async def _plan(call: Call, body: ImageEditBody, uploads: Mapping[str, Upload]) -> GenerationRequest:
    """Nothing is kept of what can't or may not be drawn."""
    image, mask = uploads["image"].image, uploads["mask"].image if "mask" in uploads else None
    plan = plan_edit(body, image, mask, call.context.profile, call.request_id)
    await call.context.moderator.check(plan, call.act)
    return (await keep(call, uploads)).put_into(plan)
