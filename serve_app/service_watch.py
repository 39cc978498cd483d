"""Asks each service now and then whether it is there, so that nobody has to wait to find out."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from deployments.errors import Unavailable
from serve_app.jobs.forever import forever
from serve_app.readiness import PROBE_TIMEOUT_S
from serve_app.service import Service

LOOK_S = 3.0


class ServiceWatch:
    def __init__(self, services: Iterable[Service], look_s: float = LOOK_S) -> None:
        self._services = list(services)
        self._look_s = look_s
        self._loops: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        wait = partial(asyncio.sleep, self._look_s)
        self._loops = [asyncio.create_task(forever(partial(_look, service), wait)) for service in self._services]

    async def close(self) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)


async def _look(service: Service) -> None:
    with suppress(Unavailable):  # its circuit has taken note
        await service.describe(PROBE_TIMEOUT_S)
