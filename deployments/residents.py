"""The versions of a kind that a replica holds, and how many draw with each: what is drawn with stays."""

import threading
import time
from collections.abc import Callable, Iterable

from deployments.errors import Unavailable
from deployments.registry.schemas import AdapterManifest
from deployments.shelves import NoRoom, Shelf

Live = Callable[[], set[str]]  # the ids that names mean now


class Residents:
    """Its methods may be called from any thread; only `load` takes long."""

    def __init__(self, shelf: Shelf, live: Live, first: Iterable[str] = ()) -> None:
        self._shelf = shelf
        self._live = live
        self._num_users = dict.fromkeys(first, 0)  # by id, the least recently used first
        self._state = threading.Condition()  # over them, held for moments; told when one is given back
        self._loading = threading.Lock()  # one load at a time

    def load(self, manifest: AdapterManifest, is_patient: bool) -> None:
        """Beside all others. Raises InvalidRequest, or Unavailable where there is no room: for a patient one, later."""
        until_s = time.monotonic() + (self._shelf.room_timeout_s if is_patient else 0.0)
        while not self._load(manifest):
            if not self._wait(until_s):
                message = f"no room for {manifest.id} beside {', '.join(self._num_users)}, which are drawn with"
                raise Unavailable(message, self._shelf.full_code)

    def take(self, version_id: str) -> bool:
        """False for one that is not loaded."""
        with self._state:
            if version_id not in self._num_users:
                return False
            self._num_users[version_id] = self._num_users.pop(version_id) + 1
            return True

    def give_back(self, version_id: str) -> None:
        with self._state:
            self._num_users[version_id] -= 1
            self._state.notify_all()

    def _load(self, manifest: AdapterManifest) -> bool:
        with self._loading:
            if manifest.id in self._num_users:
                return True
            put = self._shelf.prepare(manifest)
            while True:
                try:
                    put()
                except NoRoom:
                    if not self._drop_one():
                        return False
                else:
                    break
            with self._state:
                self._num_users[manifest.id] = 0
            return True

    def _wait(self, until_s: float) -> bool:
        """Until one may be dropped."""
        with self._state:
            return self._state.wait_for(self._idle, max(0.0, until_s - time.monotonic())) is not None

    def _idle(self) -> str | None:
        """The least recently used that nobody draws with, a live one last if at all."""
        live = self._live()
        idle = [version_id for version_id, num_users in self._num_users.items() if not num_users]
        if self._shelf.keeps_what_is_live:
            idle = [version_id for version_id in idle if version_id not in live]
        return min(idle, key=lambda version_id: version_id in live, default=None)

    def _drop_one(self) -> bool:
        with self._state:
            dropped = self._idle()
            if dropped is None:
                return False
            del self._num_users[dropped]
        self._shelf.drop(dropped)
        return True
