"""Versions of style adapters: which are there, and which one is live."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Response

from deployments.registry.names import MAX_ID_CHARS
from serve_app.adapters.schemas import CanaryBody, ModelVersion, ModelVersionList, PromoteBody
from serve_app.deps import Admin, Context, ThisAct
from serve_app.json_body import JsonRoute

router = APIRouter(prefix="/model_versions", tags=["models"], route_class=JsonRoute)

VersionId = Annotated[str, Path(max_length=MAX_ID_CHARS, description="`NAME@VERSION`")]


@router.get("")
async def list_model_versions(context: Context, caller: Admin) -> ModelVersionList:  # noqa: ARG001
    return ModelVersionList(data=await context.adapters.versions())


@router.get(
    "/{model_version_id}/samples",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_model_version_samples(model_version_id: VersionId, context: Context, caller: Admin) -> Response:  # noqa: ARG001
    """Prompts that its data set does not show, drawn with it before it was published, and without it."""
    content = await asyncio.to_thread(context.adapters.registry.samples, model_version_id)
    headers = {"cache-control": "private, max-age=31536000, immutable"}
    return Response(content, media_type="image/png", headers=headers)


@router.post("/{model_version_id}/promote")
async def promote_model_version(
    model_version_id: VersionId,
    context: Context,
    caller: Admin,  # noqa: ARG001
    act: ThisAct,
    body: PromoteBody | None = None,
) -> ModelVersion:
    """Makes it live, once every running replica has loaded and tried it; 409 with the reason when one refuses it.

    So is a version whose own gates do not hold (`gates_not_held`), unless `force` is said. What is being drawn ends
    with the version that it began with.
    """
    is_forced = body is not None and body.force
    act.upon("model_version", model_version_id)
    act.needs_review = is_forced and bool(await context.adapters.failed_gates(model_version_id))
    return await context.adapters.promote(model_version_id, is_forced)


@router.post("/{model_version_id}/canary")
async def canary_model_version(
    model_version_id: VersionId,
    context: Context,
    caller: Admin,  # noqa: ARG001
    act: ThisAct,
    body: CanaryBody,
) -> ModelVersion:
    """A share of the requests that name its model gets this version, the live one draws the rest; refused as promoting.

    Which of them a request gets follows from its id, so that a retry stays on its side. Promoting makes it live,
    rolling it back ends its share.
    """
    act.upon("model_version", model_version_id)
    act.needs_review = body.force and bool(await context.adapters.failed_gates(model_version_id))
    return await context.adapters.canary(model_version_id, body.share, body.force)


@router.post("/{model_version_id}/rollback")
async def rollback_model_version(
    model_version_id: VersionId,
    context: Context,
    caller: Admin,  # noqa: ARG001
    act: ThisAct,
) -> ModelVersion:
    """The version that was live before this one is live again. `NAME` alone goes back from whichever is live.

    Where there is a canary, that ends instead, and the live version draws all again.
    """
    act.upon("model_version", model_version_id)
    return await context.adapters.rollback(model_version_id)
