"""From a request to the state that the loop steps: text encoded, coefficients tabled, the first noise drawn."""

from functools import partial

import torch

from deployments.engine.calm import calm_box
from deployments.engine.clamp import Clamp, hold_map, hold_outside
from deployments.engine.control import prepare_control
from deployments.engine.equipment import Equipment
from deployments.engine.gates import gates_of
from deployments.engine.layout import GridSize, Region, RegionalPrompt, RegionalText, box_mask
from deployments.engine.lora_bank import LoraUse
from deployments.engine.references import ReferenceUse
from deployments.engine.request import ImageRequest, ReferenceRequest
from deployments.engine.sample import Sample
from deployments.engine.start import Start, first_latents
from deployments.engine.tables import StepTable, build_table
from deployments.engine.text import EncodedPrompt, PromptEncoder
from deployments.engine.watcher import NOBODY, Watcher
from deployments.errors import InvalidRequest


class Preparer:
    def __init__(self, equipment: Equipment, watcher: Watcher = NOBODY) -> None:
        self._equipment = equipment
        self._encoder = PromptEncoder(equipment.model, watcher=watcher)

    def prepare(self, request: ImageRequest, leader: Sample | None = None) -> Sample:
        """Raises InvalidRequest or ValueError for what can't be drawn; nothing is held then."""
        if request.unet not in self._equipment.unets:
            raise InvalidRequest(f"no UNet is called {request.unet!r}", "unet_unknown", "model_version")
        table = _table(self._equipment, request)
        generator = torch.Generator("cpu").manual_seed(request.seed)
        start = _start(self._equipment, request, table, generator)
        height, width = start.latents_CHW.shape[1:]
        controls = tuple(
            prepare_control(self._equipment.controls, control, request.width_px, request.height_px)
            for control in request.controls
        )
        references = tuple(self._reference(reference, (height, width)) for reference in request.references)
        loras = self._loras(request)
        positive = self._encoder.encode(request.prompt, loras)
        sample = Sample(
            latents_CHW=start.latents_CHW,
            table=table,
            positive=positive,
            negative=self._encoder.encode_negative(request.negative_prompt, loras),
            guidance_scale=request.guidance_scale,
            width_px=request.width_px,
            height_px=request.height_px,
            generator=generator,
            guidance_interval=request.guidance_interval,
            guidance_rescale=request.guidance_rescale,
            regions=self._regions(request, positive, loras, (height, width)),
            references=references,
            loras=loras,
            controls=controls,
            clamp=_clamp(self._equipment, request, start),
            calm=tuple(
                calm_box(calm.box, (height, width), start.latents_CHW.device, calm.until_fraction)
                for calm in request.calm
            ),
            unet=request.unet,
            leader=leader,
            leave=partial(self._release, loras),
        )
        for use in loras:  # last: whatever fails above has nothing to give back
            self._equipment.bank.acquire(use.handle)
        return sample

    def _release(self, loras: tuple[LoraUse, ...]) -> None:
        for use in loras:
            self._equipment.bank.release(use.handle)

    def _loras(self, request: ImageRequest) -> tuple[LoraUse, ...]:
        bank = self._equipment.bank
        uses = []
        for lora in request.loras:
            if lora.name not in bank.handles:
                known = ", ".join(sorted(bank.handles)) or "none"
                raise InvalidRequest(f"no LoRA is called {lora.name!r}; resident: {known}", "lora_unknown", "lora")
            use = LoraUse(bank.handles[lora.name], lora.weight, lora.block_weights)
            bank.check(use)
            uses.append(use)
        return tuple(uses)

    def _regions(
        self, request: ImageRequest, base: EncodedPrompt, loras: tuple[LoraUse, ...], latent_size: GridSize
    ) -> RegionalText | None:
        if not request.regions:
            return None
        regions = tuple(
            Region(
                self._encoder.encode(region.prompt, loras),
                box_mask(region.box, latent_size),
                region.weight,
                region.release_fraction,
            )
            for region in request.regions
        )
        prompt = RegionalPrompt(base, regions)
        return RegionalText(prompt, self._equipment.query_sizes(latent_size))

    def _reference(self, reference: ReferenceRequest, latent_size: GridSize) -> ReferenceUse:
        encoder = self._equipment.encoder(reference.adapter)
        return ReferenceUse(
            adapter=encoder.adapter,
            tokens_positive=encoder.encode_reference(reference.pixels_HWC),
            tokens_negative=encoder.negative_tokens,
            weight=reference.weight,
            gates=gates_of(reference.gates, self._equipment.groups),
            mask=None if reference.box is None else box_mask(reference.box, latent_size),
            start_fraction=reference.start_fraction,
            end_fraction=reference.end_fraction,
        )


def _table(equipment: Equipment, request: ImageRequest) -> StepTable:
    starts_over_image = request.init is not None and request.init.is_start
    strength = request.strength if starts_over_image else 1.0
    return build_table(request.sampler, equipment.model.scheduler, request.num_steps, strength)


def _start(equipment: Equipment, request: ImageRequest, table: StepTable, generator: torch.Generator) -> Start:
    starts_over_image = request.init is not None and request.init.is_start
    sigma = table.first_sigma if starts_over_image else table.initial_sigma
    return first_latents(equipment.model, generator, request.width_px, request.height_px, sigma, request.init)


def _clamp(equipment: Equipment, request: ImageRequest, start: Start) -> Clamp | None:
    if request.inpaint_mask is None and request.hold is None:
        return None
    if start.original_CHW is None:
        raise InvalidRequest("a mask needs an image that it applies to", "missing_parameter", "image")
    height, width = start.latents_CHW.shape[1:]
    hold_1HW = torch.zeros((1, height, width))
    if request.inpaint_mask is not None:
        hold_1HW = hold_outside(request.inpaint_mask, (height, width), equipment.model.pixels_per_latent)
    if request.hold is not None:
        hold_1HW = torch.maximum(hold_1HW, hold_map(request.hold, (height, width)))
    return Clamp(start.original_CHW, start.noise_CHW, hold_1HW.to(start.latents_CHW.device))
