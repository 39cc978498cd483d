"""A service without Ray: a real engine behind the gateway's door, in this process."""

import asyncio

from deployments.host import Host
from deployments.schemas import GenerationRecord, GenerationRequest, ServiceState
from serve_app.service import Tell


class RealService:
    def __init__(self, host: Host) -> None:
        self._host = host

    async def draw(self, request: GenerationRequest, tell: Tell) -> GenerationRecord:
        async for event in self._host.draw(request):
            if isinstance(event, GenerationRecord):
                return event
            await tell(event)
        raise AssertionError("a record ends every drawing")

    async def load_adapter(self, version_id: str) -> None:
        await asyncio.to_thread(self._host.adapters.load, version_id)

    async def follow(self) -> None:
        await asyncio.to_thread(self._host.adapters.follow)

    async def describe(self, timeout_s: float) -> ServiceState:  # noqa: ARG002
        return self._host.describe()
