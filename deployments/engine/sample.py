"""One image on its way, and the step that moves a batch of them.

Shapes: N images, R rows (an image with guidance is two rows, without one), C latent channels, H×W latents, L tokens,
D text width, P pooled width. Images of one batch share only H×W; every other value is per row.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from deployments.engine.load import SdxlModel
from deployments.engine.tables import StepTable
from deployments.engine.text import EncodedPrompt


@dataclass
class Sample:
    """The state of one image between two steps; `latents_CHW` is float32, in variance-exploding form."""

    latents_CHW: torch.Tensor
    table: StepTable
    step_index: int
    positive: EncodedPrompt
    negative: EncodedPrompt
    guidance_scale: float
    width_px: int
    height_px: int

    @property
    def is_guided(self) -> bool:
        return self.guidance_scale > 1.0

    @property
    def num_rows(self) -> int:
        return 2 if self.is_guided else 1

    @property
    def is_done(self) -> bool:
        return self.step_index >= self.table.num_steps


def initial_latents(model: SdxlModel, seed: int, width_px: int, height_px: int, sigma: float) -> torch.Tensor:
    """Noise from the seed alone, drawn on the CPU in float32, so that neither device nor neighbours change it."""
    shape_1CHW = (
        1, model.latent_channels, height_px // model.pixels_per_latent, width_px // model.pixels_per_latent,
    )  # fmt: skip
    generator = torch.Generator("cpu").manual_seed(seed)
    noise_1CHW = torch.randn(shape_1CHW, generator=generator, dtype=torch.float32)
    return (noise_1CHW[0] * sigma).to(model.device)


def step(model: SdxlModel, samples: Sequence[Sample]) -> None:
    """Moves every sample one step, with one call of the UNet."""
    latents_NCHW = torch.stack([sample.latents_CHW for sample in samples])
    output_NCHW = _guided_output(model, samples, latents_NCHW)
    skip, out, keep, move = (
        _column(samples, name, model.device) for name in ("skip", "out", "keep", "move")
    )  # each [N, 1, 1, 1]
    x0_NCHW = skip * latents_NCHW + out * output_NCHW
    latents_NCHW = keep * latents_NCHW + move * x0_NCHW
    for sample, latents_CHW in zip(samples, latents_NCHW, strict=True):
        sample.latents_CHW = latents_CHW
        sample.step_index += 1


def _guided_output(model: SdxlModel, samples: Sequence[Sample], latents_NCHW: torch.Tensor) -> torch.Tensor:
    """Classifier-free guidance (https://arxiv.org/abs/2207.12598) where a sample asks for it."""
    guided = [index for index, sample in enumerate(samples) if sample.is_guided]
    rows = [*range(len(samples)), *guided]  # all positive rows, then the negative ones
    prompts = [sample.positive for sample in samples] + [samples[index].negative for index in guided]
    scaled_NCHW = _column(samples, "c_in", model.device) * latents_NCHW
    output_RCHW: torch.Tensor = model.unet(
        scaled_NCHW[rows].to(model.dtype),
        _column([samples[row] for row in rows], "timestep", model.device).flatten(),
        encoder_hidden_states=torch.stack([prompt.tokens_LD for prompt in prompts]),
        added_cond_kwargs={
            "text_embeds": torch.stack([prompt.pooled_P for prompt in prompts]),
            "time_ids": torch.stack([_time_ids(samples[row], model) for row in rows]),
        },
        return_dict=False,
    )[0].float()
    output_NCHW = output_RCHW[: len(samples)].clone()
    if guided:
        scale = torch.tensor([samples[index].guidance_scale for index in guided], device=model.device)
        uncond = output_RCHW[len(samples) :]
        output_NCHW[guided] = uncond + scale.view(-1, 1, 1, 1) * (output_NCHW[guided] - uncond)
    return output_NCHW


def _column(samples: Sequence[Sample], name: str, device: torch.device) -> torch.Tensor:
    values = [getattr(sample.table, name)[sample.step_index] for sample in samples]
    return torch.stack(values).float().to(device).view(-1, 1, 1, 1)


def _time_ids(sample: Sample, model: SdxlModel) -> torch.Tensor:
    """Original size, crop corner, target size, each (height, width): no crop, drawn at its own size."""
    size = (sample.height_px, sample.width_px)
    return torch.tensor([*size, 0, 0, *size], dtype=model.dtype, device=model.device)
