"""A service whose answers are watched: once none has come for a while, who would wait for it is told so at once.

Closed, it is asked. Open, only `ServiceWatch` asks it, at its pauses; the first answer closes it again. A service that
is full answers no less.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deployments.errors import EmblemError, Unavailable
from deployments.schemas import GenerationRecord, GenerationRequest, ImageProgress, ImageRecord, ServiceState
from deployments.specs import Kind
from serve_app.service import Service, Tell

DOWN_AFTER_S = 15.0  # a replica that is started again may be back by then
RETRY_S = 10.0

_UNANSWERED = frozenset({"service_timeout", "service_unavailable", "replica_lost"})


class Circuit:
    """The service itself, to whoever calls it."""

    def __init__(
        self, kind: Kind, service: Service, down_after_s: float = DOWN_AFTER_S,
        clock: Callable[[], float] = time.monotonic, on_change: Callable[[bool], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._kind = kind
        self._service = service
        self._down_after_s = down_after_s
        self._clock = clock
        self._on_change = on_change  # told whether it is open: at the first call, and whenever that changes
        self._is_open: bool | None = None  # as last told
        self._failing_since_s: float | None = None
        self.model_version: str | None = None  # as last told

    async def draw(self, request: GenerationRequest, tell: Tell) -> GenerationRecord:
        async def tell_on(event: ImageProgress | ImageRecord) -> None:
            self._failing_since_s = None
            await tell(event)

        with self._watched():
            record = await self._service.draw(request, tell_on)
        self.model_version = record.model_version
        return record

    async def describe(self, timeout_s: float) -> ServiceState:
        with self._watched():
            state = await self._service.describe(timeout_s)
        self.model_version = state.model_version
        return state

    async def load_adapter(self, version_id: str) -> None:
        with self._watched():
            await self._service.load_adapter(version_id)

    async def follow(self) -> None:
        with self._watched():
            await self._service.follow()

    def refusal(self) -> Unavailable | None:
        """For who can't wait; None while it is closed, and while the service has never answered: it is starting."""
        if not self._look():
            return None
        return Unavailable(f"{self._kind} has not answered for a while", "model_unavailable", RETRY_S)

    def _look(self) -> bool:
        since_s = self._failing_since_s
        has_served = self.model_version is not None
        is_open = has_served and since_s is not None and self._clock() - since_s >= self._down_after_s
        if is_open != self._is_open:
            self._is_open = is_open
            self._on_change(is_open)
        return is_open

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except Unavailable as error:
            if error.code in _UNANSWERED and self._failing_since_s is None:
                self._failing_since_s = self._clock()
            raise
        except EmblemError:
            self._failing_since_s = None
            raise
        else:
            self._failing_since_s = None
        finally:
            self._look()
