"""Whether each service can serve, found out by asking it."""

import asyncio

from deployments.errors import Unavailable
from deployments.schemas import ServiceState
from deployments.specs import Kind
from serve_app.context import GatewayContext
from serve_app.schemas import DeploymentReadiness, Readiness
from serve_app.service import Service

PROBE_TIMEOUT_S = 2.0


async def probe(context: GatewayContext) -> Readiness:
    deployments = {kind: _readiness(state) for kind, state in (await states_of(context)).items()}
    is_ready = all(deployment.ready for deployment in deployments.values())
    return Readiness(status="ready" if is_ready else "not_ready", deployments=deployments)


async def states_of(context: GatewayContext) -> dict[Kind, ServiceState | Unavailable]:
    """What each service says of itself, or why it says nothing."""
    kinds: list[Kind] = list(context.services)
    found = await asyncio.gather(*(state_of(context.services[kind]) for kind in kinds))
    return dict(zip(kinds, found, strict=True))


async def state_of(service: Service) -> ServiceState | Unavailable:
    try:
        return await service.describe(PROBE_TIMEOUT_S)
    except Unavailable as error:
        return error


def _readiness(state: ServiceState | Unavailable) -> DeploymentReadiness:
    if isinstance(state, Unavailable):
        return DeploymentReadiness(ready=False, reason=state.message)
    return DeploymentReadiness.of(state)
