"""How the gateway reaches the services behind it, and what their failures mean to a caller."""

import asyncio
import logging
from typing import Any

from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RequestCancelledError
from ray.serve.handle import DeploymentHandle

from deployments.errors import EmblemError, GenerationFailed, Unavailable
from deployments.schemas import GenerationRecord, GenerationRequest, ServiceState

logger = logging.getLogger("ray.serve")

REPLICA_LOST = "replica_lost"


class ServiceHandle:
    """A service behind a Serve handle."""

    def __init__(self, name: str, handle: DeploymentHandle[Any], generation_timeout_s: float) -> None:
        self._name = name
        self._handle = handle
        self._generation_timeout_s = generation_timeout_s

    async def generate(self, request: GenerationRequest) -> GenerationRecord:
        """Raises Unavailable or GenerationFailed.

        The same request gives the same images and the same files, so one that a replica took to its grave runs again.
        """
        try:
            return await self._draw(request)
        except Unavailable as error:
            if error.code != REPLICA_LOST:
                raise
        logger.warning("%s runs again on another replica, request_id=%s", request.generation_id, request.request_id)
        return await self._draw(request)

    async def describe(self, timeout_s: float) -> ServiceState:
        """Raises Unavailable when no replica answers within `timeout_s`."""
        state: ServiceState = await self._call("describe", timeout_s)
        return state

    async def _draw(self, request: GenerationRequest) -> GenerationRecord:
        record: GenerationRecord = await self._call("generate", self._generation_timeout_s, request)
        return record

    async def _call(self, method: str, timeout_s: float, *args: GenerationRequest) -> Any:
        response = getattr(self._handle, method).remote(*args)
        try:
            return await asyncio.wait_for(response, timeout_s)
        except BaseException as error:  # a caller that has gone among them
            response.cancel()
            if isinstance(error, Exception):
                raise self._in_our_words(error) from error
            raise

    def _in_our_words(self, error: Exception) -> Exception:
        match error:
            case TimeoutError():
                return Unavailable(f"{self._name} did not answer in time", "service_timeout", 5.0)
            case BackPressureError():
                return Unavailable(f"{self._name} is at its limit", "overloaded")
            case DeploymentUnavailableError():
                return Unavailable(f"{self._name} is not running", "service_unavailable", 10.0)
            case RayActorError():
                return Unavailable(f"{self._name} has just lost a replica", REPLICA_LOST)
            case RequestCancelledError():
                return GenerationFailed("the generation was cancelled", "cancelled")
            case RayTaskError() if isinstance(error.cause, EmblemError):
                return error.cause
        return error
