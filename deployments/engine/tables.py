"""A sampler as a table of coefficients, one row a step, so that images at different steps share one UNet call.

With x the latents in variance-exploding form (x = x0 + σ·noise), a step is

    model input  = c_in · x
    x0           = skip · x + out · model_output
    x'           = keep · x + move · x0

which is Euler's method on the probability-flow ODE (Karras et al. 2022, https://arxiv.org/abs/2206.00364, algorithm 2
without churn), written as diffusers' EulerDiscreteScheduler computes it.
"""

from dataclasses import dataclass

import torch
from diffusers import EulerDiscreteScheduler


@dataclass(frozen=True)
class StepTable:
    """Columns of length `num_steps`, float64 on the CPU."""

    timestep: torch.Tensor
    c_in: torch.Tensor
    skip: torch.Tensor
    out: torch.Tensor
    keep: torch.Tensor
    move: torch.Tensor
    initial_sigma: float  # what unit noise is multiplied with to become the first latents

    @property
    def num_steps(self) -> int:
        return len(self.timestep)


def euler_table(template: EulerDiscreteScheduler, num_steps: int) -> StepTable:
    """The table that equals `template` at `num_steps`; `template` itself is not touched."""
    scheduler = EulerDiscreteScheduler.from_config(template.config)
    scheduler.set_timesteps(num_steps)
    sigmas = scheduler.sigmas.double()
    sigma, next_sigma = sigmas[:-1], sigmas[1:]
    skip, out = _x0_coefficients(scheduler.config.prediction_type, sigma)
    keep = next_sigma / sigma
    return StepTable(
        timestep=scheduler.timesteps.double(),
        c_in=(sigma**2 + 1).rsqrt(),
        skip=skip,
        out=out,
        keep=keep,
        move=1 - keep,
        initial_sigma=float(scheduler.init_noise_sigma),
    )


def _x0_coefficients(prediction_type: str, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    if prediction_type == "epsilon":
        return torch.ones_like(sigma), -sigma
    if prediction_type == "v_prediction":
        return 1 / (sigma**2 + 1), -sigma * (sigma**2 + 1).rsqrt()
    raise ValueError(f"prediction_type must be epsilon or v_prediction, got {prediction_type!r}")
