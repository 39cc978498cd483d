"""The step: one call of the UNet, and one fused update with coefficients of each image's own.

Shapes: N images, C latent channels, H×W latents. Images of one batch share the UNet and H×W, nothing else.
"""

from collections.abc import Sequence

import torch

from deployments.engine.calm import calmed
from deployments.engine.clamp import apply
from deployments.engine.equipment import Equipment
from deployments.engine.predict import predict
from deployments.engine.sample import Sample, column


def step(equipment: Equipment, samples: Sequence[Sample]) -> None:
    """Moves every sample one step, with one call of the UNet. When that fails no sample has changed."""
    latents_NCHW = torch.stack([sample.latents_CHW for sample in samples])
    output_NCHW = predict(equipment, samples, latents_NCHW)
    previous_NCHW = torch.stack([_or_zeros(sample.x0_CHW, sample.latents_CHW) for sample in samples])
    skip, out, keep, move, prev = (
        column(samples, name, latents_NCHW) for name in ("skip", "out", "keep", "move", "prev")
    )  # each [N, 1, 1, 1]
    x0_NCHW = _calmed(samples, skip * latents_NCHW + out * output_NCHW)
    latents_NCHW = keep * latents_NCHW + move * x0_NCHW + prev * previous_NCHW
    for sample, latents_CHW, x0_CHW in zip(samples, latents_NCHW, x0_NCHW, strict=True):
        sample.latents_CHW = _clamped(sample, latents_CHW + _fresh_noise(sample))
        sample.x0_CHW = x0_CHW
        sample.step_index += 1


def _calmed(samples: Sequence[Sample], x0_NCHW: torch.Tensor) -> torch.Tensor:
    if not any(sample.calm for sample in samples):
        return x0_NCHW
    parts = zip(samples, x0_NCHW, strict=True)
    return torch.stack([calmed(x0_CHW, sample.calm, sample.progress) for sample, x0_CHW in parts])


def _fresh_noise(sample: Sample) -> torch.Tensor | float:
    """From the seed alone, drawn on the CPU in float32, so that neither device nor neighbours change it."""
    amount = sample.column("noise")
    if amount == 0.0:
        return 0.0
    noise_CHW = torch.randn(sample.latents_CHW.shape, generator=sample.generator, dtype=torch.float32)
    return amount * noise_CHW.to(sample.latents_CHW.device)


def _clamped(sample: Sample, latents_CHW: torch.Tensor) -> torch.Tensor:
    if sample.clamp is None:
        return latents_CHW
    is_last = sample.step_index + 1 == sample.num_steps
    next_sigma = 0.0 if is_last else float(sample.table.sigma[sample.step_index + 1])
    return apply(sample.clamp, latents_CHW, next_sigma, sample.step_index, sample.num_steps)


def _or_zeros(tensor: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(like) if tensor is None else tensor
