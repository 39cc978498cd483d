"""A replica follows the registry: it loads what becomes live, tries it, and only then draws with it.

Versions stand side by side in the engine, styles in its bank and parts of the model as they are, each under its id;
which one a name means is a pointer here. So a swap is one assignment: what was begun keeps its version, and a version
that is refused moves nothing. Versions that nobody draws with stay for as long as there is room.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deployments.canary import Canary
from deployments.controls import ADAPTER
from deployments.engine.engine import Engine
from deployments.engine.request import LoraRequest
from deployments.errors import EmblemError, InvalidRequest, Unavailable
from deployments.model_folder import ModelManifest
from deployments.registry.base import own_versions
from deployments.registry.names import MODEL_OF, VersionKind, no_adapter, parts_of, reference_name, split_id
from deployments.registry.registry import AdapterRegistry
from deployments.residents import Residents
from deployments.schemas import AdapterState, AdapterUse
from deployments.shelves import LoraShelf, ReferenceShelf, UnetShelf

logger = logging.getLogger("ray.serve")

POLL_S = 3.0


@dataclass(frozen=True)
class Held:
    """What a generation is drawn with, from its beginning to its end."""

    model_version: str
    unet: str = ""  # its name in the engine
    loras: tuple[LoraRequest, ...] = ()
    reference: str = ADAPTER  # likewise, of the adapter that style images go through

    @property
    def adapters(self) -> tuple[str, ...]:
        """The ids of all, but of the base model's own."""
        references = () if self.reference == ADAPTER else (self.reference,)
        return (*(lora.name for lora in self.loras), *references)


class Follower:
    """Its methods may be called from any thread; only `load` and `follow` take long."""

    def __init__(self, engine: Engine, registry: AdapterRegistry, base: ModelManifest, poll_s: float = POLL_S) -> None:
        self._registry = registry
        self._base = base
        self._poll_s = poll_s
        self._own = own_versions(base)
        if not engine.num_references:
            del self._own[reference_name(base.name)]
        self._live = {**self._own}  # by name, the id that a request of that name gets
        self._canaries: dict[str, Canary] = {}  # by name, what a share of its requests gets instead
        self._problems: dict[str, EmblemError] = {}  # by id, why it is not served
        self._state = threading.Lock()  # over the three above, held for moments
        self._following = threading.Lock()  # one look at the registry at a time
        self._unets, self._references = (shelf(engine, registry, base) for shelf in (UnetShelf, ReferenceShelf))
        first = {kind: [self._own[name]] for name, kind in parts_of(base.name).items() if name in self._own}
        self._residents: dict[VersionKind, Residents] = {
            "lora": Residents(LoraShelf(engine, registry, base), self._in_use),
            "unet": Residents(self._unets, self._in_use, first["unet"]),
            "reference": Residents(self._references, self._in_use, first.get("reference", ())),
        }
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
        others = {name for name, model in MODEL_OF.items() if model != self._base.name}  # which it does not serve
        with self._following:
            names = [name for name in self._registry.names() if name not in others]
            for name in names:
                self._follow(name)
            with self._state:
                live = {name: live for name, live in self._live.items() if name in names}
                self._live = self._own | live
                self._canaries = {name: canary for name, canary in self._canaries.items() if name in names}

    def load(self, version_id: str, is_patient: bool = True) -> None:
        """Makes it resident, beside all others. Raises NotFound, InvalidRequest or Unavailable."""
        manifest = self._registry.find(version_id)
        self._kind(version_id).load(manifest, is_patient)
        with self._state:
            self._problems.pop(version_id, None)

    @asynccontextmanager
    async def using(
        self, uses: Sequence[AdapterUse], generation_id: str, model_version: str | None = None,
        has_references: bool = False,
    ) -> AsyncIterator[Held]:  # fmt: skip
        """What the engine has to be asked for; until the end these versions stay resident.

        `generation_id` says whether a canary is drawn with, where there is one. Raises NotFound, or what keeps a
        version from being loaded.
        """
        held: list[str] = []
        references = (reference_name(self._base.name),) * has_references
        try:
            for asked in (model_version or self._base.name, *references, *(use.id for use in uses)):
                version_id = await self._resolve(asked, generation_id)
                while not self._kind(version_id).take(version_id):
                    await asyncio.to_thread(self.load, version_id, False)
                held.append(version_id)
            unet, *rest = held
            reference = self._references.name_of(rest.pop(0)) if has_references else ADAPTER
            loras = (LoraRequest(id_, use.scale) for id_, use in zip(rest, uses, strict=True))
            yield Held(unet, self._unets.name_of(unet), tuple(loras), reference)
        finally:
            for version_id in held:
                self._kind(version_id).give_back(version_id)

    @property
    def model_version(self) -> str:
        """That a request gets which asks for none."""
        return self._live[self._base.name]

    @property
    def states(self) -> tuple[AdapterState, ...]:
        with self._state:
            problems = {split_id(version_id)[0]: str(error) for version_id, error in self._problems.items()}
            live = {name for name, version_id in self._live.items() if version_id != self._own.get(name)}
            names = sorted({*live, *problems})
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
                self.load(wanted, is_patient=False)
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
            self.load(canary.version_id, is_patient=False)
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

    def _kind(self, version_id: str) -> Residents:
        return self._residents[parts_of(self._base.name).get(split_id(version_id)[0], "lora")]

    def _in_use(self) -> set[str]:
        with self._state:
            return {*self._live.values(), *(canary.version_id for canary in self._canaries.values())}
