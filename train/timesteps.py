"""Which timesteps a denoiser trains on."""

import torch


def draw_timesteps(number: int, count: int, shift: float, generator: torch.Generator) -> torch.Tensor:
    """[N], below `number`: evenly drawn, then moved towards noise where `shift` is above 1.

    https://arxiv.org/abs/2403.03206, equation 23.
    """
    even_N = torch.rand(count, generator=generator, device=generator.device)
    shifted_N = shift * even_N / (1 + (shift - 1) * even_N)
    return (number * shifted_N).long().clamp(max=number - 1)
