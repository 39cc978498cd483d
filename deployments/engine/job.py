"""What goes into the engine and what comes out: one image a job."""

import time
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class ImageRequest:
    prompt: str
    negative_prompt: str | None
    width_px: int  # a multiple of what the model's latents and levels need
    height_px: int
    num_steps: int
    guidance_scale: float  # 1.0 or less: no guidance, half the work
    seed: int


@dataclass(frozen=True)
class FinishedImage:
    pixels_HWC: np.ndarray  # RGB, uint8
    num_prompt_tokens: int
    is_prompt_truncated: bool
    queue_s: float
    denoise_s: float
    decode_s: float


@dataclass
class Job:
    """A submitted image. `cancel()` takes effect at the next step, also while it is being drawn."""

    request: ImageRequest
    submitted_s: float = field(default_factory=time.monotonic)
    result: "Future[FinishedImage]" = field(default_factory=Future)
    is_cancelled: bool = False

    def cancel(self) -> None:
        # Future.cancel() refuses once it is running; the loop reads this flag at every step instead.
        self.is_cancelled = True
        self.result.cancel()
