"""What adapters cost: a batch in which every image has its own, and making one more resident."""

import copy
from collections.abc import Iterator
from functools import cached_property, partial

import torch

from bench.gpu.denoise import step_round
from bench.gpu.inputs import make_samples
from bench.gpu.rows import Figure, Measurement, NotMeasured
from bench.gpu.session import Session, relative_l2
from bench.gpu.variants import wrap
from deployments.engine.acceleration import accelerate
from deployments.engine.equipment import Equipment
from deployments.engine.lora_bank import LoraHandle, LoraUse
from deployments.engine.lora_files import LoraAdapter, LoraLayer, adaptable_linears
from deployments.engine.predict import predict
from deployments.specs import Acceleration

CASE = "LoRA"
_WEIGHT = 0.02  # of Gaussian noise in `up`: an adapter of training's usual strength, far from nothing


class BankBench:
    """One engine with room for the most adapters; each measurement makes as many resident as it needs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._handles: list[LoraHandle] = []
        self._base_s: float | None = None

    def measurements(self) -> Iterator[Measurement]:
        plan = self._session.plan
        side_px, batch = plan.adapter_point
        for number in plan.num_adapters:
            name = f"{number} adapters of rank {plan.adapter_rank}, {side_px}², batch {batch}"
            goal = "adapters" if number == max(plan.num_adapters) else None
            yield Measurement(CASE, name, partial(self._mixed, number), 12.0, goal)
        yield Measurement(CASE, "add one more", self._add, 5.0, "adapter_add")

    def _mixed(self, number: int) -> Figure:
        session, equipment = self._session, self._equipment
        while len(self._handles) < number:
            self._handles.append(equipment.bank.add(equipment.bank.pack(_adapter(session, len(self._handles)))))
            equipment.bank.acquire(self._handles[-1])
        samples = make_samples(
            equipment.model, session.plan.architecture, session.plan.adapter_point, session.plan.num_steps
        )
        latents_NCHW = torch.stack([sample.latents_CHW for sample in samples])
        with torch.inference_mode():
            plain = predict(equipment, samples, latents_NCHW)
            for sample, handles in zip(samples, self._shared_out(number), strict=True):
                sample.loras = tuple(LoraUse(handle, 1.0) for handle in handles)
            change = relative_l2(predict(equipment, samples, latents_NCHW), plain)
            timing = session.measure(partial(step_round, equipment, samples))
        if (change > 0) != (number > 0):
            raise AssertionError(f"{number} adapters changed the output by {change}")
        if number == 0:
            self._base_s = timing.median_s
        if self._base_s is None:
            raise NotMeasured("there is no measurement without adapters to compare with")
        return Figure(
            self._base_s / timing.median_s,
            "of base",
            vs_eager=session.ratio_to_eager(("step", *session.plan.adapter_point), timing.median_s),
            note=f"{timing.median_s * 1e3:.1f} ms a step; they change the output by {change:.1g}",
        )

    def _add(self) -> Figure:
        bank = self._equipment.bank
        for handle in self._handles:
            bank.release(handle)
        self._handles.clear()
        packed = bank.pack(_adapter(self._session, 0))  # which an engine does on the thread that asks
        timing = self._session.measure(lambda: bank.add(packed))  # takes the place of the one of its name
        megabytes = packed.slots_SF.nbytes / 1e6
        return Figure(timing.median_s * 1e3, "ms", note=f"{megabytes:.2g} MB from the host's memory")

    @cached_property
    def _equipment(self) -> Equipment:
        plan = self._session.plan
        model = wrap(self._session, copy.deepcopy(self._session.unet), copy.deepcopy(self._session.vae))
        return accelerate(model, max(plan.num_adapters) * plan.adapter_rank, Acceleration(channels_last=True))

    def _shared_out(self, number: int) -> list[list[LoraHandle]]:
        """To the images of the batch: all `number` adapters in use, and each image with one at least."""
        batch = self._session.plan.adapter_point[1]
        return [
            [self._handles[index] for index in range(number) if index % batch == image]
            or [self._handles[image % number] for _ in range(min(number, 1))]
            for image in range(batch)
        ]


def _adapter(session: Session, index: int) -> LoraAdapter:
    generator = torch.Generator(session.device).manual_seed(index)
    rank = session.plan.adapter_rank

    def noise(height: int, width: int, spread: float) -> torch.Tensor:
        matrix = torch.randn(height, width, generator=generator, device=session.device)
        return (matrix * spread).to(session.dtype)

    layers = {
        path: LoraLayer(
            noise(rank, linear.in_features, linear.in_features**-0.5), noise(linear.out_features, rank, _WEIGHT), 1.0
        )
        for path, linear in adaptable_linears(session.unet).items()
    }
    return LoraAdapter(f"adapter-{index}", f"{index:064x}", layers, ({}, {}))
