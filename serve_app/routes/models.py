"""The models that may be named in a request."""

from fastapi import APIRouter

from deployments.specs import Kind
from serve_app.context import GatewayContext
from serve_app.deps import Context, Generator
from serve_app.plan import kind_of
from serve_app.readiness import probe
from serve_app.schemas import DeploymentReadiness, Model, ModelList

router = APIRouter(tags=["models"])


@router.get("/models")
async def list_models(context: Context, caller: Generator) -> ModelList:  # noqa: ARG001
    deployments = (await probe(context)).deployments
    return ModelList(data=[_model(context, kind, deployments[kind]) for kind in context.services])


@router.get("/models/{model_id}")
async def read_model(model_id: str, context: Context, caller: Generator) -> Model:  # noqa: ARG001
    kind = kind_of(model_id)
    return _model(context, kind, (await probe(context)).deployments[kind])


def _model(context: GatewayContext, kind: Kind, readiness: DeploymentReadiness) -> Model:
    sizes = [str(size) for size in context.profile.kinds[kind].sizes]
    return Model(
        id=kind,
        model_version=readiness.model_version,
        weights=readiness.weights,
        sizes=sizes,
        default_size=sizes[0],
    )
