"""How many streams a key has open in this process: each holds a connection and looks at the database."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from deployments.errors import RateLimited

MAX_STREAMS = 50  # of a key
RETRY_S = 1.0


class OpenStreams:
    def __init__(self, max_streams: int = MAX_STREAMS, on_change: Callable[[int], None] = lambda _: None) -> None:
        self._max_streams = max_streams
        self._num_open: Counter[str] = Counter()
        self._on_change = on_change  # the streams of all keys

    def refuse_more(self, key_id: str) -> None:
        if self._num_open[key_id] >= self._max_streams:
            message = f"this key has {self._max_streams} streams open, which is all that it may"
            raise RateLimited(message, "too_many_streams", RETRY_S)

    @contextmanager
    def one_more(self, key_id: str) -> Iterator[None]:
        """Raises RateLimited."""
        self.refuse_more(key_id)
        self._add(key_id, 1)
        try:
            yield
        finally:
            self._add(key_id, -1)

    def _add(self, key_id: str, change: int) -> None:
        self._num_open[key_id] += change
        self._on_change(self._num_open.total())
