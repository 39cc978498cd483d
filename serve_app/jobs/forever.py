"""Work that a gateway replica does again and again as long as it lives."""

import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger("ray.serve")


async def forever(work: Callable[[], Awaitable[None]], wait: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception:  # such as a database that is away: leases end by themselves, and it may come back
            logger.exception("the gateway's own work goes on")
        await wait()
