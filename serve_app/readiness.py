"""Whether each service can serve, found out by asking it."""

import asyncio

from deployments.errors import Unavailable
from deployments.specs import Kind
from serve_app.context import GatewayContext
from serve_app.schemas import DeploymentReadiness, Readiness
from serve_app.service import Service

PROBE_TIMEOUT_S = 2.0


async def probe(context: GatewayContext) -> Readiness:
    kinds: list[Kind] = list(context.services)
    found = await asyncio.gather(*(_probe_one(context.services[kind]) for kind in kinds))
    deployments = dict(zip(kinds, found, strict=True))
    is_ready = all(deployment.ready for deployment in found)
    return Readiness(status="ready" if is_ready else "not_ready", deployments=deployments)


async def _probe_one(service: Service) -> DeploymentReadiness:
    try:
        return DeploymentReadiness.of(await service.describe(PROBE_TIMEOUT_S))
    except Unavailable as error:
        return DeploymentReadiness(ready=False, reason=error.message)
