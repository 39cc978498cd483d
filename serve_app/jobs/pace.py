"""How long drawing takes, measured from what was drawn of late; no speed is written down anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from deployments.schemas import GenerationRequest


@dataclass(frozen=True)
class Measurement:
    num_pixels: int  # of one image
    num_row_steps: int
    device_s: float


class Pace:
    """Device seconds of a step, by the size of the image."""

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self._measurements = measurements

    def device_s(self, request: GenerationRequest) -> float | None:
        """Of a size that was never drawn: by its pixels, from those that were. None before any measurement."""
        num_pixels = request.width_px * request.height_px
        alike = [one for one in self._measurements if one.num_pixels == num_pixels] or self._measurements
        work = sum(one.num_row_steps * one.num_pixels for one in alike)
        return num_row_steps(request) * num_pixels * sum(one.device_s for one in alike) / work if work else None


def num_row_steps(request: GenerationRequest) -> int:
    """Steps of all images; guidance makes each two rows of work."""
    num_rows = 2 if request.guidance_scale > 1 else 1
    return len(request.seeds) * int(request.num_steps * request.strength) * num_rows
