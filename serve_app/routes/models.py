"""The models that may be named in a request."""

from dataclasses import asdict

from fastapi import APIRouter

from deployments.pixels.templates import TEMPLATES
from deployments.specs import KINDS, Kind
from serve_app.adapters.schemas import CompositionTemplate, KeylineTemplate, Model, ModelList, StyleModel
from serve_app.context import GatewayContext
from serve_app.controls.compositions import COMPOSITIONS
from serve_app.deps import Context, Generator
from serve_app.plan import kind_of
from serve_app.readiness import probe
from serve_app.schemas import DeploymentReadiness

router = APIRouter(tags=["models"])


@router.get("/models")
async def list_models(context: Context, caller: Generator) -> ModelList:  # noqa: ARG001
    """The services first, then the style adapters."""
    deployments = (await probe(context)).deployments
    services = [_model(context, kind, deployments[kind]) for kind in context.services]
    return ModelList(data=[*services, *await context.adapters.models()])


@router.get("/models/{model_id}")
async def read_model(model_id: str, context: Context, caller: Generator) -> Model | StyleModel:  # noqa: ARG001
    if model_id not in KINDS:
        return await context.adapters.model(model_id)
    kind = kind_of(model_id)
    return _model(context, kind, (await probe(context)).deployments[kind])


def _model(context: GatewayContext, kind: Kind, readiness: DeploymentReadiness) -> Model:
    sizes = [str(size) for size in context.profile.kinds[kind].sizes]
    return Model(
        id=kind,
        kind="service",
        status="ready" if readiness.ready else "not_ready",
        model_version=readiness.model_version,
        weights=readiness.weights,
        sizes=sizes,
        default_size=sizes[0],
        keylines=_keylines() if kind == "icon" else [],
        templates=_templates() if kind == "splash" else [],
    )


def _keylines() -> list[KeylineTemplate]:
    return [
        KeylineTemplate(name=name, version=one.version, use=one.use, **asdict(one.keyline))
        for name, one in TEMPLATES.items()
    ]


def _templates() -> list[CompositionTemplate]:
    return [CompositionTemplate.model_validate({"name": name, **asdict(one)}) for name, one in COMPOSITIONS.items()]
