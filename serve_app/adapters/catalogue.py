"""The style adapters and versions of the base model that may be asked for, and which version of each is live."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

from deployments.errors import Conflict, EmblemError, InvalidRequest, NotFound, Unavailable
from deployments.registry.gates import failures
from deployments.registry.names import MODEL_OF, no_adapter, reference_name
from deployments.registry.registry import AdapterRegistry
from deployments.schemas import AdapterUse, GenerationRequest
from deployments.specs import Kind, ProfileSpec
from serve_app.adapters.body import AdapterChoice
from serve_app.adapters.schemas import ModelVersion, StyleModel
from serve_app.service import Service

logger = logging.getLogger("ray.serve")

ASK_TIMEOUT_S = 5.0


class Catalogue:
    def __init__(self, registry: AdapterRegistry, services: Mapping[Kind, Service], profile: ProfileSpec) -> None:
        self.registry = registry
        self._services = services
        self._profile = profile

    async def put_into(
        self, plan: GenerationRequest, choices: Sequence[AdapterChoice], model_version: str | None = None
    ) -> GenerationRequest:
        """Raises NotFound for what is not there, and InvalidRequest for more than an engine holds at once."""
        if model_version:
            await self._check_unet(model_version)
            plan = plan.model_copy(update={"model_version": model_version})
        if not choices:
            return plan
        await asyncio.to_thread(self._check, choices)
        uses = tuple(AdapterUse(id=choice.id, scale=choice.scale) for choice in choices)
        return plan.model_copy(update={"loras": uses})

    async def drawn_by(self, plan: GenerationRequest, last_told: str | None) -> list[str] | None:
        """The version of the base model and those that `adapters` will name, of styles as they are asked for.

        None where that shows only when it is drawn. Raises Unavailable.
        """
        model = plan.model_version or await asyncio.to_thread(self._live, self._profile.name, last_told)
        reference = await asyncio.to_thread(self._live_reference) if plan.controls.references else ""
        if not model or reference is None:
            return None
        return [model, *(use.id for use in plan.loras), *filter(None, [reference])]

    async def models(self) -> list[StyleModel]:
        return await asyncio.to_thread(lambda: [self._model(name) for name in self._styles()])

    async def model(self, name: str) -> StyleModel:
        """Raises NotFound."""
        if name not in await asyncio.to_thread(self._styles):
            raise NotFound(f"no model {name!a:.80}", "model_not_found", "model")
        return await asyncio.to_thread(self._model, name)

    async def versions(self) -> list[ModelVersion]:
        names = await asyncio.to_thread(self.registry.names)
        found = await asyncio.gather(*(asyncio.to_thread(self._versions, name) for name in names))
        return [version for versions in found for version in versions]

    async def failed_gates(self, version_id: str) -> list[str]:
        """Why it may not be promoted, by its own metrics; empty when all of its gates hold. Raises NotFound."""
        manifest = await asyncio.to_thread(self.registry.read, version_id)
        return failures(manifest.gates, manifest.metrics)

    async def promote(self, version_id: str, is_forced: bool = False) -> ModelVersion:
        """Live once every running replica has it loaded and tried; where one refuses it, nothing changes.

        Raises NotFound, Conflict with the reason, also for gates that do not hold unless forced, or Unavailable.
        """
        await self._let_in(version_id, is_forced)
        await asyncio.to_thread(self.registry.promote, version_id)
        return await self._followed(version_id)

    async def canary(self, version_id: str, share: float, is_forced: bool = False) -> ModelVersion:
        """Likewise, for a share of the requests that name its adapter; the live version draws the rest."""
        await self._let_in(version_id, is_forced)
        await asyncio.to_thread(self.registry.canary, version_id, share)
        return await self._followed(version_id)

    async def _let_in(self, version_id: str, is_forced: bool) -> None:
        if not is_forced and (reasons := await self.failed_gates(version_id)):
            raise Conflict(f"{version_id} is not promoted: {'; '.join(reasons)}", "gates_not_held", "version")
        manifest = await asyncio.to_thread(self.registry.read, version_id)
        try:
            await asyncio.gather(*(service.load_adapter(manifest.id) for service in self._services.values()))
        except InvalidRequest as error:
            raise Conflict(f"{version_id} is refused: {error.message}", "version_refused", "version") from error

    async def rollback(self, adapter_id: str) -> ModelVersion:
        """To the version that was live before, or to the live one alone where there is a canary.

        Raises NotFound or Conflict.
        """
        return await self._followed(await asyncio.to_thread(self.registry.rollback, adapter_id))

    async def _followed(self, version_id: str) -> ModelVersion:
        """Once the replicas have been told; whom this does not reach sees it in the registry within seconds."""
        told = await asyncio.gather(*(service.follow() for service in self._services.values()), return_exceptions=True)
        for outcome in told:
            if isinstance(outcome, EmblemError):
                logger.warning("a service was not told of %s: %s", version_id, outcome)
            elif outcome is not None:
                raise outcome
        return await asyncio.to_thread(self._version, version_id)

    def _live(self, name: str, unpublished: str | None) -> str | None:
        """Of a part of the base model; None where requests of its name get several."""
        try:
            stages = self.registry.stages(name)
        except NotFound:  # no other was ever published
            return unpublished
        return None if stages.canary or not stages.live else f"{name}@{stages.live}"

    def _live_reference(self) -> str | None:
        """Empty for the base model's own."""
        live = self._live(reference_name(self._profile.name), "")
        return "" if live and self.registry.read(live).is_base else live

    def _styles(self) -> list[str]:
        return [name for name in self.registry.names() if name not in MODEL_OF]

    async def _check_unet(self, version_id: str) -> None:
        """The base model's own is none of the registry's until another one was published."""
        try:
            manifest = await asyncio.to_thread(self.registry.find, version_id)
            is_ours = manifest.kind == "unet" and manifest.name == self._profile.name
        except NotFound:
            told = await asyncio.gather(*(service.describe(ASK_TIMEOUT_S) for service in self._services.values()))
            is_ours = any(state.model_version == version_id for state in told)
        if not is_ours:
            raise NotFound(f"no version {version_id!a:.80} of {self._profile.name}", "model_not_found", "model_version")

    def _check(self, choices: Sequence[AdapterChoice]) -> None:
        try:
            found = [self.registry.find(choice.id) for choice in choices]
            for manifest in found:
                if manifest.kind != "lora":
                    raise no_adapter(manifest.id)
        except NotFound as error:
            raise NotFound(error.message, error.code, "lora") from error
        rank = sum({manifest.id: manifest.rank for manifest in found}.values())
        if rank > self._profile.max_lora_rank:
            message = f"these adapters have rank {rank} together, over {self._profile.max_lora_rank}"
            raise InvalidRequest(message, "lora_rank_too_large", "lora")

    def _versions(self, name: str) -> list[ModelVersion]:
        stages = self.registry.stages(name)
        return [ModelVersion.of(manifest, stages) for manifest in self.registry.versions(name)]

    def _version(self, version_id: str) -> ModelVersion:
        manifest = self.registry.read(version_id)
        return ModelVersion.of(manifest, self.registry.stages(manifest.name))

    def _model(self, name: str) -> StyleModel:
        try:
            if not self.registry.stages(name).live:
                return StyleModel(id=name, kind="style", status="candidate", model_version=None, trigger=None)
            live = self.registry.find(name)
        except (NotFound, Unavailable):
            return StyleModel(id=name, kind="style", status="damaged", model_version=None, trigger=None)
        return StyleModel(id=name, kind="style", status="live", model_version=live.id, trigger=live.trigger)
