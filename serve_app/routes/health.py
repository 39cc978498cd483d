"""Whether the gateway is alive, and whether everything behind it can serve. Open to all."""

from importlib.metadata import version

from fastapi import APIRouter, Response

from serve_app.deps import Context
from serve_app.readiness import probe
from serve_app.schemas import Health, Readiness

router = APIRouter(tags=["health"])


@router.get("/healthz")
def read_health() -> Health:
    """The gateway answers."""
    return Health(version=version("emblem"))


@router.get("/readyz", responses={503: {"model": Readiness, "description": "a deployment can't serve now"}})
async def read_readiness(context: Context, response: Response) -> Readiness:
    """503 until every deployment can serve, naming those that can't."""
    readiness = await probe(context)
    response.status_code = 200 if readiness.status == "ready" else 503
    return readiness
