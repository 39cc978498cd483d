"""A generation as HTTP callers see it."""

from collections.abc import Sequence

from fastapi import Request

from deployments.schemas import GenerationRecord, GenerationRequest
from serve_app.context import GatewayContext
from serve_app.controls.asked import Asked
from serve_app.db.tables import Generation as Row
from serve_app.db.tables import Image
from serve_app.generation_schemas import Generation, GenerationError, GenerationImage, GenerationStyle
from serve_app.jobs.gallery import Found
from serve_app.jobs.job import OUTCOMES, JobError
from serve_app.webhooks.schemas import WebhookState


def image_url(generation_id: str, index: int, context: GatewayContext, request: Request) -> str:
    base_url = (context.public_url or str(request.base_url)).rstrip("/")
    return f"{base_url}/v1/generations/{generation_id}/images/{index}"


def shown_image(image: Image, context: GatewayContext, request: Request) -> GenerationImage:
    url = image_url(image.generation_id, image.index, context, request)
    thumbnail_url = f"{url}/thumbnail"
    return GenerationImage(
        index=image.index, seed=image.seed, sha256=image.sha256, url=url, thumbnail_url=thumbnail_url
    )  # fmt: skip


def show(found: Found, context: GatewayContext, request: Request, is_cached: bool = False) -> Generation:
    row, plan = found.row, GenerationRequest.model_validate_json(found.row.request)
    record = row.record and GenerationRecord.model_validate_json(row.record)
    error = row.error and JobError.model_validate_json(row.error)
    return Generation(
        id=row.id,
        status=row.status,
        model=row.kind,
        model_version=record.model_version if record else None,
        adapters=list(record.adapters) if record else [],
        cached=is_cached,
        created_at=int(row.created_at.timestamp()),
        started_at=row.started_at and int(row.started_at.timestamp()),
        completed_at=row.finished_at and int(row.finished_at.timestamp()),
        progress=progress_of(found.row, found.images, context, len(plan.seeds)),
        queue_position=found.queue_position,
        eta_s=found.eta_s,
        priority=plan.priority,
        deadline_at=row.deadline_at and int(row.deadline_at.timestamp()),
        prompt=plan.prompt,
        negative_prompt=plan.negative_prompt,
        style=_style(plan),
        size=f"{plan.width_px}x{plan.height_px}",
        num_inference_steps=plan.num_steps,
        guidance_scale=plan.guidance_scale,
        seeds=list(plan.seeds),
        output_format=plan.output_format,
        controls=Asked.of(plan),
        images=[shown_image(image, context, request) for image in found.images],
        error=GenerationError(message=error.message, code=error.code) if error else None,
        webhook=WebhookState.model_validate(found.webhook) if found.webhook else None,
    )


def _style(plan: GenerationRequest) -> GenerationStyle | None:
    if plan.style is None:
        return None
    return GenerationStyle(id=plan.style.id, name=plan.style.name, prompt=plan.styled_prompt)


def progress_of(row: Row, images: Sequence[Image], context: GatewayContext, num_images: int) -> float:
    """Of steps where this replica has it drawn; of finished images elsewhere."""
    done = {image.index: 1.0 for image in images}
    live = context.jobs.live(row.id)
    if live and row.status not in OUTCOMES:
        done = {index: step.step / step.num_steps for index, step in live.steps.items()} | done
    return sum(done.values()) / num_images
