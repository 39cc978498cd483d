"""A sampler as a table of coefficients, one row a step, so that images at different steps share one UNet call.

With x the latents in variance-exploding form (x = x0 + σ·noise), a step is

    model input  = c_in · x
    x0           = skip · x + out · model_output
    x'           = keep · x + move · x0 + prev · x0_before + noise · n

with x0_before the x0 of the step before (zero at the first) and n unit noise of that image and that step, drawn only
where `noise` is not zero. Images with different samplers share a batch: each brings its own table. The tables say what
diffusers' schedulers compute, and take timesteps and noise levels from them. Samplers that diffusers writes in
variance-preserving form (ddim, dpmpp_2m, lcm) hold c_in · x; there x' ends as the latents that diffusers would decode.

UniPC is left out: once its corrector is folded into the predictor of the next step, it needs the x0 of two steps
before as well, a column and a latent that no other sampler here has a use for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    SchedulerMixin,
)


@dataclass(frozen=True)
class StepTable:
    """Columns of length `num_steps`, float64 on the CPU."""

    timestep: torch.Tensor
    sigma: torch.Tensor  # noise in x before the step
    c_in: torch.Tensor
    skip: torch.Tensor
    out: torch.Tensor
    keep: torch.Tensor
    move: torch.Tensor
    prev: torch.Tensor
    noise: torch.Tensor
    initial_sigma: float  # what unit noise is multiplied with to become the first latents of an image from nothing

    @property
    def num_steps(self) -> int:
        return len(self.timestep)

    @property
    def first_sigma(self) -> float:
        """What unit noise is multiplied with before an image's own latents are added to start from that image."""
        return float(self.sigma[0])

    def after(self, num_skipped: int) -> "StepTable":
        """The same steps without the first ones, for an image that starts from another."""

        def kept(column: torch.Tensor) -> torch.Tensor:
            return column[num_skipped:].clone()

        move, prev = kept(self.move), kept(self.prev)
        # Nothing comes before the first step: its own x0 stands in, which makes a second-order step a first-order one.
        move[0] += prev[0]
        prev[0] = 0
        return StepTable(
            kept(self.timestep), kept(self.sigma), kept(self.c_in), kept(self.skip), kept(self.out),
            kept(self.keep), move, prev, kept(self.noise), self.initial_sigma,
        )  # fmt: skip


def build_table(name: str, template: EulerDiscreteScheduler, num_steps: int, strength: float = 1.0) -> StepTable:
    """The table of sampler `name` for a model whose scheduler is `template`, which is not touched.

    `strength` in (0, 1] is the share of the steps that are kept, the last ones, as in StableDiffusionXLImg2ImgPipeline.
    """
    if name not in SAMPLERS:
        raise ValueError(f"the sampler must be one of {', '.join(SAMPLERS)}, got {name!r}")
    if num_steps < 1:
        raise ValueError(f"num_steps must be 1 or more, got {num_steps}")
    num_kept = int(num_steps * strength)
    if not 1 <= num_kept <= num_steps:
        raise ValueError(f"strength must keep 1 to {num_steps} of {num_steps} steps, got {strength}")
    table = SAMPLERS[name](template, num_steps)
    if table.num_steps != num_steps:  # rounding in numpy.arange, with timestep_spacing "trailing": 61, 103, 121…
        raise ValueError(f"num_steps {num_steps} gives {table.num_steps} timesteps, down to {table.timestep[-1]:.0f}")
    table = table.after(num_steps - num_kept)
    if not torch.isfinite(table.sigma[0]):
        raise ValueError(
            f"sampler {name} starts at sigma {table.first_sigma} (timestep {table.timestep[0]:.0f}):"
            " zero terminal SNR has no table there, take another sampler or timestep_spacing 'leading'"
        )
    return table


def euler_table(template: EulerDiscreteScheduler, num_steps: int) -> StepTable:
    """Euler's method on the probability-flow ODE (https://arxiv.org/abs/2206.00364, algorithm 2 without churn)."""
    scheduler = EulerDiscreteScheduler.from_config(template.config)
    scheduler.set_timesteps(num_steps)
    sigma, next_sigma = _steps(scheduler.sigmas, num_steps)
    keep = next_sigma / sigma
    return _table(scheduler, sigma, keep, 1 - keep, initial_sigma=float(scheduler.init_noise_sigma))


def _euler_a_table(template: EulerDiscreteScheduler, num_steps: int) -> StepTable:
    """Euler's method to below the next level, then noise up to it (k-diffusion's `sample_euler_ancestral`)."""
    scheduler = EulerAncestralDiscreteScheduler.from_config(template.config)
    scheduler.set_timesteps(num_steps)
    sigma, next_sigma = _steps(scheduler.sigmas, num_steps)
    noise = next_sigma * (1 - (next_sigma / sigma) ** 2).sqrt()
    keep = (next_sigma**2 - noise**2).sqrt() / sigma
    return _table(scheduler, sigma, keep, 1 - keep, noise=noise, initial_sigma=float(scheduler.init_noise_sigma))


def _ddim_table(template: EulerDiscreteScheduler, num_steps: int) -> StepTable:
    """DDIM without noise (https://arxiv.org/abs/2010.02502, equation 12 with η = 0)."""
    # DDIM alone clips unless told not to, and the template may not say: clipping is for pixels.
    clip_sample = template.config.get("clip_sample", False)
    scheduler = DDIMScheduler.from_config(template.config, clip_sample=clip_sample)
    _refuse_clipping(scheduler)
    scheduler.set_timesteps(num_steps)
    # Each step goes down by the same number of timesteps, which need not end where the next one starts.
    target = scheduler.timesteps - scheduler.config.num_train_timesteps // num_steps
    alphas = torch.where(target >= 0, scheduler.alphas_cumprod[target.clamp(min=0)], scheduler.final_alpha_cumprod)
    sigma, target_sigma = _sigma_of(scheduler.alphas_cumprod[scheduler.timesteps]), _sigma_of(alphas)
    keep = target_sigma / sigma
    handover = _handover(sigma, target_sigma)
    return _table(scheduler, sigma, keep * handover, (1 - keep) * handover)


def _dpmpp_2m_table(template: EulerDiscreteScheduler, num_steps: int, use_karras_sigmas: bool) -> StepTable:
    """DPM-Solver++(2M), midpoint (https://arxiv.org/abs/2211.01095, algorithm 2)."""
    scheduler = DPMSolverMultistepScheduler.from_config(
        template.config, algorithm_type="dpmsolver++", solver_order=2, solver_type="midpoint",
        use_karras_sigmas=use_karras_sigmas,
    )  # fmt: skip
    _refuse_clipping(scheduler)
    scheduler.set_timesteps(num_steps)
    sigma, next_sigma = _steps(scheduler.sigmas, num_steps)
    keep = next_sigma / sigma
    log_step = -keep.log()  # h in the paper
    prev = torch.zeros_like(keep)
    prev[1:] = -(1 - keep[1:]) * log_step[1:] / log_step[:-1] / 2
    config = scheduler.config
    if config.final_sigmas_type == "zero" or config.euler_at_final or (config.lower_order_final and num_steps < 15):
        prev[-1] = 0
    handover = _handover(sigma, next_sigma)
    return _table(scheduler, sigma, keep * handover, (1 - keep - prev) * handover, prev * handover)


def _lcm_table(template: EulerDiscreteScheduler, num_steps: int) -> StepTable:
    """Latent consistency (https://arxiv.org/abs/2310.04378): to x0, then fresh noise up to the next level."""
    scheduler = LCMScheduler.from_config(template.config)
    _refuse_clipping(scheduler)
    scheduler.set_timesteps(num_steps)
    sigma = _sigma_of(scheduler.alphas_cumprod[scheduler.timesteps])
    skip, out = scheduler.get_scalings_for_boundary_condition_discrete(scheduler.timesteps.double())
    return _table(scheduler, sigma, skip * (sigma**2 + 1).rsqrt(), out, noise=_following(sigma))


SAMPLERS: dict[str, Callable[[EulerDiscreteScheduler, int], StepTable]] = {
    "euler": euler_table,
    "euler_a": _euler_a_table,
    "ddim": _ddim_table,
    "dpmpp_2m": partial(_dpmpp_2m_table, use_karras_sigmas=False),
    "dpmpp_2m_karras": partial(_dpmpp_2m_table, use_karras_sigmas=True),
    "lcm": _lcm_table,
}


def _table(
    scheduler: SchedulerMixin,
    sigma: torch.Tensor,
    keep: torch.Tensor,
    move: torch.Tensor,
    prev: torch.Tensor | None = None,
    noise: torch.Tensor | None = None,
    initial_sigma: float | None = None,
) -> StepTable:
    """Without `initial_sigma`, x starts as unit noise in variance-preserving form."""
    skip, out = _x0_coefficients(scheduler.config.prediction_type, sigma)
    c_in = (sigma**2 + 1).rsqrt()
    return StepTable(
        timestep=scheduler.timesteps.double(),
        sigma=sigma,
        c_in=c_in,
        skip=skip,
        out=out,
        keep=keep,
        move=move,
        prev=torch.zeros_like(sigma) if prev is None else prev,
        noise=torch.zeros_like(sigma) if noise is None else noise,
        initial_sigma=float(1 / c_in[0]) if initial_sigma is None else initial_sigma,
    )


def _steps(sigmas: torch.Tensor, num_steps: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The level that each step starts at and the one that it goes to."""
    return sigmas[:num_steps].double(), sigmas[1 : num_steps + 1].double()


def _sigma_of(alphas_cumprod: torch.Tensor) -> torch.Tensor:
    alphas = alphas_cumprod.double()
    return ((1 - alphas) / alphas).sqrt()


def _following(sigma: torch.Tensor) -> torch.Tensor:
    """The level that the next step starts at; after the last there is none to reach."""
    return torch.cat([sigma[1:], sigma.new_zeros(1)])


def _handover(sigma: torch.Tensor, target_sigma: torch.Tensor) -> torch.Tensor:
    """What x is multiplied with when a variance-preserving sampler leaves it at one level and reads it at another.

    What it hands on is x / sqrt(target_sigma² + 1); the decoder takes that as it is, like a step that starts at 0.
    """
    return ((_following(sigma) ** 2 + 1) / (target_sigma**2 + 1)).sqrt()


def _refuse_clipping(scheduler: SchedulerMixin) -> None:
    for name in ("clip_sample", "thresholding"):
        if scheduler.config.get(name):
            raise ValueError(f"the scheduler's {name} must be false, got true: a table holds no clipping of x0")


def _x0_coefficients(prediction_type: str, sigma: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    if prediction_type == "epsilon":
        return torch.ones_like(sigma), -sigma
    if prediction_type == "v_prediction":
        return 1 / (sigma**2 + 1), -sigma * (sigma**2 + 1).rsqrt()
    raise ValueError(f"prediction_type must be epsilon or v_prediction, got {prediction_type!r}")
