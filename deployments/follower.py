"""A replica follows the registry: it loads what becomes live, tries it, and only then draws with it.

Versions stand side by side in the engine's bank, each under its id; which one a name means is a pointer here. So a
swap is one assignment: what was begun keeps its version, and a version that is refused moves nothing. Versions that
nobody draws with stay for as long as there is room.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from deployments.canary import Canary
from deployments.engine.engine import Engine
from deployments.engine.lora_bank import BankFull, PackedLora
from deployments.engine.request import LoraRequest
from deployments.errors import EmblemError, InvalidRequest, Unavailable
from deployments.model_folder import ModelManifest
from deployments.registry.names import no_adapter, split_id
from deployments.registry.registry import AdapterRegistry
from deployments.registry.schemas import WEIGHTS_FILE, AdapterManifest
from deployments.registry.trial import told_trial
from deployments.schemas import AdapterState, AdapterUse

logger = logging.getLogger("ray.serve")

POLL_S = 3.0
ENGINE_TIMEOUT_S = 120.0  # for a place between two steps


class Follower:
    """Its methods may be called from any thread; only `load` and `follow` take long."""

    def __init__(self, engine: Engine, registry: AdapterRegistry, base: ModelManifest, poll_s: float = POLL_S) -> None:
        self._engine = engine
        self._registry = registry
        self._base = base
        self._poll_s = poll_s
        self._live: dict[str, str] = {}  # by name, the id that a request of that name gets
        self._canaries: dict[str, Canary] = {}  # by name, what a share of its requests gets instead
        self._num_users: dict[str, int] = {}  # of the resident ones by id, the least recently used first
        self._problems: dict[str, EmblemError] = {}  # by id, why it is not served
        self._state = threading.Lock()  # over the four above, held for moments
        self._loading = threading.RLock()  # one load at a time
        self._should_stop = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="follower", daemon=True)

    def start(self) -> None:
        """Loads what is live, and follows from then on."""
        self.follow()
        self._thread.start()

    def stop(self) -> None:
        self._should_stop.set()

    def follow(self) -> None:
        """Does what the registry says by now. What can't be done is told by `states`, and changes nothing."""
        with self._loading:
            names = self._registry.names()
            for name in names:
                self._follow(name)
            with self._state:
                self._live = {name: live for name, live in self._live.items() if name in names}
                self._canaries = {name: canary for name, canary in self._canaries.items() if name in names}

    def load(self, version_id: str) -> None:
        """Makes it resident, beside all others. Raises NotFound, InvalidRequest or Unavailable."""
        with self._loading:
            if version_id not in self._num_users:
                self._load(version_id)
            with self._state:
                self._problems.pop(version_id, None)

    @asynccontextmanager
    async def using(
        self, uses: Sequence[AdapterUse], generation_id: str
    ) -> AsyncIterator[tuple[LoraRequest, ...]]:  # fmt: skip
        """What the engine has to be asked for; until the end these versions stay resident.

        `generation_id` says whether a canary is drawn with, where there is one. Raises NotFound, or what keeps a
        version from being loaded.
        """
        held: list[str] = []
        try:
            for use in uses:
                version_id = await self._resolve(use.id, generation_id)
                while not self._take(version_id):
                    await asyncio.to_thread(self.load, version_id)
                held.append(version_id)
            yield tuple(LoraRequest(id_, use.scale) for id_, use in zip(held, uses, strict=True))
        finally:
            self._give_back(held)

    @property
    def states(self) -> tuple[AdapterState, ...]:
        with self._state:
            problems = {split_id(version_id)[0]: str(error) for version_id, error in self._problems.items()}
            names = sorted({*self._live, *problems})
            return tuple(
                AdapterState(name=name, live=self._live.get(name), problem=problems.get(name)) for name in names
            )

    def _poll(self) -> None:
        while not self._should_stop.wait(self._poll_s):
            try:
                self.follow()
            except Exception:
                logger.exception("the registry could not be followed; tried again in %g s", self._poll_s)

    def _follow(self, name: str) -> None:
        wanted = known = name
        try:
            stages = self._registry.stages(name)
            live = stages.live
            wanted = known = f"{name}@{live}" if live else name
            if live and self._live.get(name) != wanted and not self._is_refused(wanted):
                self.load(wanted)
                logger.info("%s is live, before it %s", wanted, self._live.get(name))
                with self._state:
                    self._live[name] = wanted
            wanted = f"{name}@{stages.canary}" if stages.canary else wanted
            self._follow_canary(name, Canary(wanted, stages.canary_share) if stages.canary else None)
        except EmblemError as error:
            self._tell(name, wanted, error)
        except Exception as error:  # one adapter's, which must not keep the others from being followed
            logger.exception("%s", wanted)
            self._tell(name, wanted, Unavailable(f"{wanted} can't be loaded: {error}", "adapter_failed"))
        else:
            if not self._is_refused(wanted) and not self._is_refused(known):
                self._tell(name)

    def _follow_canary(self, name: str, canary: Canary | None) -> None:
        """What can't be loaded gets no share here: all is drawn with the live version."""
        if canary == self._canaries.get(name):
            return
        with self._state:
            self._canaries.pop(name, None)
        if canary and not self._is_refused(canary.version_id):
            self.load(canary.version_id)
            logger.info("%s gets a share of %g", canary.version_id, canary.share)
            with self._state:
                self._canaries[name] = canary

    def _is_refused(self, version_id: str) -> bool:
        """For good: a version never changes. Other problems may pass."""
        return isinstance(self._problems.get(version_id), InvalidRequest)

    def _tell(self, name: str, version_id: str = "", problem: EmblemError | None = None) -> None:
        with self._state:
            known = self._problems.get(version_id)
            others = {id_: error for id_, error in self._problems.items() if split_id(id_)[0] != name}
            self._problems = others | ({version_id: problem} if problem else {})
        if problem and str(known) != str(problem):
            logger.warning("%s is not served: %s", version_id, problem)

    async def _resolve(self, adapter_id: str, generation_id: str) -> str:
        name, version = split_id(adapter_id)
        if version:
            return adapter_id
        if name not in self._live:
            await asyncio.to_thread(self.follow)  # it may have become live a moment ago
        with self._state:
            canary = self._canaries.get(name)
            if canary and canary.takes(generation_id):
                return canary.version_id
            if name in self._live:
                return self._live[name]
            for version_id, error in self._problems.items():
                if split_id(version_id)[0] == name:
                    raise error
        raise no_adapter(adapter_id)

    def _take(self, version_id: str) -> bool:
        with self._state:
            if version_id not in self._num_users:
                return False
            self._num_users[version_id] = self._num_users.pop(version_id) + 1
            return True

    def _give_back(self, version_ids: Sequence[str]) -> None:
        with self._state:
            for version_id in version_ids:
                self._num_users[version_id] -= 1

    def _load(self, version_id: str) -> None:
        manifest = self._registry.find(version_id)
        packed, trial = self._read(version_id, manifest), told_trial(manifest.trial)
        while True:
            try:
                self._engine.adopt_lora(packed, trial).result(ENGINE_TIMEOUT_S)
            except BankFull as error:
                if not self._drop_one():
                    message = f"no room for {version_id} beside those that are drawn with"
                    raise Unavailable(message, "no_adapter_room") from error
            else:
                break
        with self._state:
            self._num_users[version_id] = 0

    def _read(self, version_id: str, manifest: AdapterManifest) -> PackedLora:
        """Checked as if it were new: what lies on a disk may have changed."""
        if manifest.base_unet != self._base.unet_files:
            message = f"{version_id} was made for another model, {manifest.base}"
            raise InvalidRequest(message, "lora_incompatible", "lora")
        try:
            packed = self._engine.read_lora(version_id, self._registry.weights_path(manifest))
        except OSError as error:
            message = f"the weights of {version_id} do not read: {error.strerror}"
            raise Unavailable(message, "registry_damaged") from error
        if packed.digest != manifest.files[WEIGHTS_FILE].sha256:
            message = f"the weights of {version_id} are not those that were published"
            raise InvalidRequest(message, "manifest_mismatch", "lora")
        return packed

    def _drop_one(self) -> bool:
        """The least recently used that nobody draws with, a live one last. False when there is none."""
        with self._state:
            idle = [version_id for version_id, num_users in self._num_users.items() if not num_users]
            if not idle:
                return False
            in_use = {*self._live.values(), *(canary.version_id for canary in self._canaries.values())}
            dropped = min(idle, key=lambda version_id: version_id in in_use)
            del self._num_users[dropped]
        self._engine.drop_lora(dropped).result(ENGINE_TIMEOUT_S)
        return True
