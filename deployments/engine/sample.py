"""One image on its way: its latents, its table, and all that its rows use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from deployments.engine.calm import Calm
from deployments.engine.clamp import Clamp
from deployments.engine.control import ControlUse
from deployments.engine.layout import RegionalText
from deployments.engine.lora_bank import LoraUse
from deployments.engine.references import ReferenceUse
from deployments.engine.tables import StepTable
from deployments.engine.text import EncodedPrompt


@dataclass(eq=False)
class Sample:
    """The state of one image between two steps; `latents_CHW` is float32, in variance-exploding form."""

    latents_CHW: torch.Tensor
    table: StepTable
    positive: EncodedPrompt
    negative: EncodedPrompt
    guidance_scale: float
    width_px: int
    height_px: int
    generator: torch.Generator  # of the noise that some samplers add on the way
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    guidance_rescale: float = 0.0
    regions: RegionalText | None = None
    references: tuple[ReferenceUse, ...] = ()
    loras: tuple[LoraUse, ...] = ()
    controls: tuple[ControlUse, ...] = ()
    clamp: Clamp | None = None
    calm: tuple[Calm, ...] = ()
    unet: str = ""  # of the equipment, that it is drawn with from its first step to its last
    leader: "Sample | None" = None  # whose attention this one shares
    leave: Callable[[], None] = lambda: None  # gives back what was acquired for it; called once, by the loop
    step_index: int = 0
    x0_CHW: torch.Tensor | None = None  # what the last step took the finished image to be

    @property
    def num_steps(self) -> int:
        return self.table.num_steps

    @property
    def progress(self) -> float:
        """The share of the steps that is done."""
        return self.step_index / self.num_steps

    @property
    def is_done(self) -> bool:
        return self.step_index >= self.num_steps

    @property
    def is_guided(self) -> bool:
        begin, end = self.guidance_interval
        return self.guidance_scale > 1.0 and begin <= self.progress < end

    @property
    def num_rows(self) -> int:
        return 2 if self.is_guided else 1

    @property
    def remaining_row_steps(self) -> int:
        return (self.num_steps - self.step_index) * (2 if self.guidance_scale > 1.0 else 1)

    def column(self, name: str) -> float:
        return float(getattr(self.table, name)[self.step_index])


def column(samples: Sequence[Sample], name: str, like: torch.Tensor) -> torch.Tensor:
    """One coefficient of each sample's present step, float32, [N, 1, 1, 1]."""
    values = [sample.column(name) for sample in samples]
    return torch.tensor(values, dtype=torch.float32, device=like.device).view(-1, 1, 1, 1)
