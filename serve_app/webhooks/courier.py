"""Sends webhooks: each gateway takes what is due, tries it once, and says how that went."""

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial

import httpcore
import httpx

from serve_app.jobs.forever import forever
from serve_app.webhooks.address import AddressRefused, CheckedBackend, WebhookRules
from serve_app.webhooks.signature import signed
from serve_app.webhooks.store import Outcome, Try, WebhookStore

logger = logging.getLogger("ray.serve")

POLL_S = 1.0
TIMEOUT_S = 10.0  # of one try, all in all
MAX_UNDER_WAY = 32


class Courier:
    """Any number of gateway replicas may have one. No redirect is followed, no proxy used, no answer read."""

    def __init__(
        self, store: WebhookStore, secret_of: Callable[[str], str], rules: WebhookRules, poll_s: float = POLL_S,
        timeout_s: float = TIMEOUT_S, on_try: Callable[[Outcome, float], None] = lambda *_: None,
    ) -> None:  # fmt: skip
        self._store = store
        self._secret_of = secret_of  # by the API key's id
        self._poll_s = poll_s
        self._timeout_s = timeout_s
        self._on_try = on_try  # what each came to, and the seconds that it took
        self._pool = httpcore.AsyncConnectionPool(network_backend=CheckedBackend(rules), max_keepalive_connections=0)
        self._tries: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._loop = asyncio.create_task(forever(self._begin, partial(asyncio.sleep, self._poll_s)))

    async def close(self) -> None:
        """What is under way is tried again, by another replica or after the next start."""
        tasks = [self._loop, *self._tries]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pool.aclose()

    async def _begin(self) -> None:
        for tried in await self._store.begin(MAX_UNDER_WAY - len(self._tries)):
            task = asyncio.create_task(self._try(tried))
            self._tries.add(task)
            task.add_done_callback(self._tries.discard)

    async def _try(self, tried: Try) -> None:
        began_s = time.monotonic()
        try:
            error = await self._post(tried)
            tried_s = time.monotonic() - began_s
            if outcome := await self._store.end(tried, error):
                self._on_try(outcome, tried_s)
        except Exception:  # such as a database that is away: it is tried again
            logger.exception("the webhook of %s", tried.generation_id)
            return
        logger.info("webhook of %s, try %d: %s", tried.generation_id, tried.number, error or "delivered")

    async def _post(self, tried: Try) -> str | None:
        """What went wrong, without the address that was connected to."""
        content = tried.event.model_dump_json().encode()
        headers = {
            "content-type": "application/json", "content-length": str(len(content)), "user-agent": "Emblem",
            **signed(self._secret_of(tried.api_key_id), tried.event.id, int(time.time()), content),
        }  # fmt: skip
        url = httpx.URL(tried.url)
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        sent = [("host", url.netloc.decode()), *headers.items()]
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._pool.stream("POST", target, headers=sent, content=content) as answer:
                    return None if answer.status // 100 == 2 else f"it answered {answer.status}"
        except (TimeoutError, httpcore.TimeoutException):
            return f"no answer within {self._timeout_s:g} s"
        except AddressRefused:
            return "its address is not public"
        except httpcore.NetworkError:
            return "no connection"
        except httpcore.ProtocolError:
            return "it answered with something that is not HTTP"
