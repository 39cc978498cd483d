"""The models that may be named in a request."""

from dataclasses import asdict

from fastapi import APIRouter

from deployments.errors import Unavailable
from deployments.pixels.templates import TEMPLATES
from deployments.schemas import ServiceState
from deployments.specs import KINDS, Kind
from serve_app.adapters.schemas import CompositionTemplate, KeylineTemplate, Model, ModelList, StyleModel
from serve_app.context import GatewayContext
from serve_app.controls.compositions import COMPOSITIONS
from serve_app.deps import Context, Generator
from serve_app.plan import kind_of
from serve_app.readiness import state_of, states_of

router = APIRouter(tags=["models"])


@router.get("/models")
async def list_models(context: Context, caller: Generator) -> ModelList:  # noqa: ARG001
    """The services first, then the style adapters."""
    services = [_model(context, kind, state) for kind, state in (await states_of(context)).items()]
    return ModelList(data=[*services, *await context.adapters.models()])


@router.get("/models/{model_id}")
async def read_model(model_id: str, context: Context, caller: Generator) -> Model | StyleModel:  # noqa: ARG001
    if model_id not in KINDS:
        return await context.adapters.model(model_id)
    kind = kind_of(model_id)
    return _model(context, kind, await state_of(context.services[kind]))


def _model(context: GatewayContext, kind: Kind, told: ServiceState | Unavailable) -> Model:
    state = None if isinstance(told, Unavailable) else told
    sizes = [str(size) for size in context.profile.kinds[kind].sizes]
    return Model(
        id=kind,
        kind="service",
        status="ready" if state else "not_ready",
        model_version=state.model_version if state else None,
        weights=state.weights if state else None,
        sizes=sizes,
        default_size=sizes[0],
        keylines=_keylines() if kind == "icon" else [],
        control_kinds=list(state.control_kinds) if state else [],
        templates=_templates() if kind == "splash" else [],
    )


def _keylines() -> list[KeylineTemplate]:
    return [
        KeylineTemplate(name=name, version=one.version, use=one.use, **asdict(one.keyline))
        for name, one in TEMPLATES.items()
    ]


def _templates() -> list[CompositionTemplate]:
    return [CompositionTemplate.model_validate({"name": name, **asdict(one)}) for name, one in COMPOSITIONS.items()]
