"""Icon or Splash, seen from the gateway."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from deployments.schemas import GenerationRecord, GenerationRequest, ImageProgress, ImageRecord, ServiceState

Tell = Callable[[ImageProgress | ImageRecord], Awaitable[None]]


class Service(Protocol):
    """All methods raise Unavailable; `draw` GenerationFailed and InvalidRequest too."""

    async def draw(self, request: GenerationRequest, tell: Tell) -> GenerationRecord:
        """Tells of steps as far as `request` asks for them, and of images that are stored before the last."""
        ...

    async def load_adapter(self, version_id: str) -> None:
        """On every replica. Raises InvalidRequest when one refuses it, or Unavailable."""
        ...

    async def follow(self) -> None:
        """Every replica looks at the registry now."""
        ...

    async def describe(self, timeout_s: float) -> ServiceState: ...
