"""Versions of style adapters: which are there, and which one is live."""

from typing import Annotated

from fastapi import APIRouter, Path

from deployments.registry.names import MAX_ID_CHARS
from serve_app.adapters.schemas import ModelVersion, ModelVersionList
from serve_app.deps import Admin, Context, ThisAct

router = APIRouter(prefix="/model_versions", tags=["models"])

VersionId = Annotated[str, Path(max_length=MAX_ID_CHARS, description="`NAME@VERSION`")]


@router.get("")
async def list_model_versions(context: Context, caller: Admin) -> ModelVersionList:  # noqa: ARG001
    return ModelVersionList(data=await context.adapters.versions())


@router.post("/{model_version_id}/promote")
async def promote_model_version(
    model_version_id: VersionId,
    context: Context,
    caller: Admin,  # noqa: ARG001
    act: ThisAct,
) -> ModelVersion:
    """Makes it live, once every running replica has loaded and tried it; 409 with the reason when one refuses it.

    What is being drawn ends with the version that it began with.
    """
    act.upon("model_version", model_version_id)
    return await context.adapters.promote(model_version_id)


@router.post("/{model_version_id}/rollback")
async def rollback_model_version(
    model_version_id: VersionId,
    context: Context,
    caller: Admin,  # noqa: ARG001
    act: ThisAct,
) -> ModelVersion:
    """The version that was live before this one is live again. `NAME` alone goes back from whichever is live."""
    act.upon("model_version", model_version_id)
    return await context.adapters.rollback(model_version_id)
