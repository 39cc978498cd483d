"""How the gateway reaches the services behind it, and what their failures mean to a caller."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RequestCancelledError
from ray.serve.handle import DeploymentHandle, DeploymentResponseGenerator

from deployments.errors import EmblemError, GenerationFailed, Unavailable
from deployments.schemas import GenerationRecord, GenerationRequest, ServiceState
from serve_app.service import Tell

logger = logging.getLogger("ray.serve")

REPLICA_LOST = "replica_lost"
BROADCAST_TIMEOUT_S = 150.0  # reading an adapter, and a place between two steps


class Cancellable(Protocol):
    def cancel(self) -> None: ...


class ServiceHandle:
    """A service behind a Serve handle."""

    def __init__(self, name: str, handle: DeploymentHandle[Any], generation_timeout_s: float) -> None:
        self._name = name
        self._handle = handle
        self._generation_timeout_s = generation_timeout_s

    async def draw(self, request: GenerationRequest, tell: Tell) -> GenerationRecord:
        """Raises Unavailable or GenerationFailed.

        The same request gives the same images and the same files, so one that a replica took to its grave runs again;
        what was told of it is then told again.
        """
        try:
            return await self._draw(request, tell)
        except Unavailable as error:
            if error.code != REPLICA_LOST:
                raise
        logger.warning("%s runs again on another replica", request.generation_id)
        return await self._draw(request, tell)

    async def describe(self, timeout_s: float) -> ServiceState:
        """Raises Unavailable when no replica answers within `timeout_s`."""
        response = self._handle.describe.remote()
        with self._in_our_words(response):
            state: ServiceState = await asyncio.wait_for(response, timeout_s)
        return state

    async def load_adapter(self, version_id: str) -> None:
        await self._broadcast("load_adapter", version_id)

    async def follow(self) -> None:
        await self._broadcast("follow")

    async def _broadcast(self, method: str, *args: str) -> None:
        """To every running replica; one that starts meanwhile reads the registry by itself. Raises as replicas do."""
        response = self._handle.broadcast(method, *args)
        try:
            await response.results_async(timeout_s=BROADCAST_TIMEOUT_S)
        except Exception as error:
            raise self._translate(error) from error

    async def _draw(self, request: GenerationRequest, tell: Tell) -> GenerationRecord:
        handle = self._handle.options(stream=True)
        events = cast(DeploymentResponseGenerator[Any], handle.draw.remote(request))
        with self._in_our_words(events):
            async with asyncio.timeout(self._generation_timeout_s):
                async for event in events:
                    if isinstance(event, GenerationRecord):
                        return event
                    await tell(event)
        raise GenerationFailed(f"{self._name} ended {request.generation_id} without its images")

    @contextmanager
    def _in_our_words(self, response: Cancellable) -> Iterator[None]:
        """What fails is cancelled too, and so is what nobody waits for any more."""
        try:
            yield
        except BaseException as error:
            response.cancel()
            if isinstance(error, Exception):
                raise self._translate(error) from error
            raise

    def _translate(self, error: Exception) -> Exception:
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
