"""What becomes of a job: its image, or why there is none."""

import logging
import time

import numpy as np

from deployments.engine.job import FinishedImage, Job
from deployments.engine.unit import Member, Unit
from deployments.errors import EmblemError, GenerationFailed

logger = logging.getLogger("ray.serve")


def image_of(unit: Unit, member: Member, pixels_HWC: np.ndarray, denoised_s: float) -> FinishedImage:
    return FinishedImage(
        pixels_HWC=pixels_HWC,
        num_prompt_tokens=member.sample.positive.num_tokens,
        is_prompt_truncated=member.sample.positive.is_truncated,
        submitted_s=member.job.submitted_s,
        queue_s=unit.started_s - member.job.submitted_s,
        encode_s=unit.started_s - unit.taken_s,
        denoise_s=denoised_s - unit.started_s,
        decode_s=time.monotonic() - denoised_s,
        device_s=member.job.device_s,
    )


def fail(jobs: tuple[Job, ...], error: Exception) -> None:
    if not isinstance(error, EmblemError):
        for job in jobs:
            job.context.copy().run(logger.error, "an image failed", exc_info=error)
        error = GenerationFailed(f"the engine failed: {type(error).__name__}")
    for job in jobs:  # a traceback would hold the frames that hold the job, and with it all its pictures
        job.result.set_exception(error.with_traceback(None))
