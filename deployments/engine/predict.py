"""One call of the UNet for a batch of images, whatever each of them uses.

Shapes: N images, R rows (an image with guidance is a positive and a negative row), C latent channels, H×W latents,
K text tokens, D text width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from deployments.engine.attention import AttentionContext
from deployments.engine.equipment import Equipment
from deployments.engine.layout import RowText, text_batch, whole_text
from deployments.engine.load import SdxlModel
from deployments.engine.references import ReferenceRow, batch_references
from deployments.engine.residuals import ControlRow, residuals
from deployments.engine.sample import Sample, column
from deployments.engine.text import EncodedPrompt
from deployments.engine.unet_runner import Extras


@dataclass(frozen=True)
class Row:
    sample: Sample
    is_negative: bool

    @property
    def prompt(self) -> EncodedPrompt:
        return self.sample.negative if self.is_negative else self.sample.positive

    @property
    def text(self) -> RowText:
        """Regions speak to the positive row only."""
        if self.is_negative or self.sample.regions is None:
            return whole_text(self.prompt)
        return self.sample.regions.at(self.sample.progress)


def predict(equipment: Equipment, samples: Sequence[Sample], latents_NCHW: torch.Tensor) -> torch.Tensor:
    """The model's output [N, C, H, W], with classifier-free guidance (https://arxiv.org/abs/2207.12598) where asked."""
    guided = [index for index, sample in enumerate(samples) if sample.is_guided]
    rows = [*(Row(sample, False) for sample in samples), *(Row(samples[index], True) for index in guided)]
    output_RCHW = _call_unet(equipment, rows, latents_NCHW[[*range(len(samples)), *guided]])
    output_NCHW = output_RCHW[: len(samples)]
    if not guided:
        return output_NCHW
    scale = torch.tensor([samples[index].guidance_scale for index in guided], device=latents_NCHW.device)
    positive, negative = output_NCHW[guided], output_RCHW[len(samples) :]
    combined = negative + scale.view(-1, 1, 1, 1) * (positive - negative)
    output_NCHW = output_NCHW.clone()
    output_NCHW[guided] = _rescaled(combined, positive, [samples[index].guidance_rescale for index in guided])
    return output_NCHW


def _call_unet(equipment: Equipment, rows: Sequence[Row], latents_RCHW: torch.Tensor) -> torch.Tensor:
    model = equipment.model
    samples = [row.sample for row in rows]
    (unet,) = {sample.unet for sample in samples}
    scaled_RCHW = (column(samples, "c_in", latents_RCHW) * latents_RCHW).to(model.dtype)
    timestep_R = column(samples, "timestep", latents_RCHW).flatten()
    texts = [row.text for row in rows]
    added = {
        "text_embeds": torch.stack([text.pooled_P for text in texts]),
        "time_ids": torch.stack([_time_ids(sample, model) for sample in samples]),
    }
    height, width = latents_RCHW.shape[2:]
    tokens_RKD, bias = text_batch(texts, equipment.query_sizes((height, width)))
    control = residuals(
        equipment.controls,
        [ControlRow(sample.controls, sample.step_index, sample.num_steps) for sample in samples],
        scaled_RCHW, timestep_R, torch.stack([row.prompt.tokens_LD for row in rows]), added,
    )  # fmt: skip
    equipment.bank.select([sample.loras for sample in samples])
    extras = Extras(
        context=_context(rows, bias, latents_RCHW.device),
        control=control.as_arguments(),
        has_loras=any(sample.loras for sample in samples),
    )
    return equipment.unets[unet](scaled_RCHW, timestep_R, tokens_RKD, added, extras).float()


def _context(rows: Sequence[Row], bias: dict[int, torch.Tensor], device: torch.device) -> AttentionContext | None:
    """None when every row's attention is plain."""
    references = batch_references(
        [ReferenceRow(row.sample.references, row.is_negative, row.sample.progress) for row in rows]
    )
    leader_row = _leader_rows(rows, device)
    if not bias and not references and leader_row is None:
        return None
    return AttentionContext(bias, references, leader_row)


def _leader_rows(rows: Sequence[Row], device: torch.device) -> torch.Tensor | None:
    """Each row's leader of the same branch: its own where it has none, or where the leader has no such row now."""
    if not any(row.sample.leader for row in rows):
        return None
    places = {(row.sample, row.is_negative): index for index, row in enumerate(rows)}
    leaders = [
        places.get((row.sample.leader, row.is_negative), index) if row.sample.leader else index
        for index, row in enumerate(rows)
    ]
    return torch.tensor(leaders, device=device)


def _rescaled(combined: torch.Tensor, positive: torch.Tensor, shares: Sequence[float]) -> torch.Tensor:
    """Guidance without overexposure (https://arxiv.org/abs/2305.08891 §3.4); a share of 0 leaves a row as it is."""
    if not any(shares):
        return combined
    share = torch.tensor(shares, device=combined.device).view(-1, 1, 1, 1)
    spread = positive.std(dim=(1, 2, 3), keepdim=True) / combined.std(dim=(1, 2, 3), keepdim=True)
    return torch.where(share > 0, share * combined * spread + (1 - share) * combined, combined)


def _time_ids(sample: Sample, model: SdxlModel) -> torch.Tensor:
    """Original size, crop corner, target size, each (height, width): no crop, drawn at its own size."""
    size = (sample.height_px, sample.width_px)
    return torch.tensor([*size, 0, 0, *size], dtype=model.dtype, device=model.device)
