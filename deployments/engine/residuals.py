"""What control adds to one call of the UNet: each drawing to its own row, zeros to rows that ask for none.

Shapes: R rows, S passes of a network at this step (a row may have none, or several), C channels, K tokens, D text
width.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

import torch
from diffusers import ControlNetUnionModel

from deployments.engine.control import ControlRegistry, ControlUse, Residuals
from deployments.engine.control_union import run_union


@dataclass(frozen=True)
class ControlRow:
    """What a row of the batch wants at this step; an image's negative row wants the same as its positive one."""

    controls: tuple[ControlUse, ...]
    step_index: int
    num_steps: int


@dataclass(frozen=True)
class Pass:
    """What one row asks of one network at this step: one drawing, or of a union several that are heard together."""

    row: int
    uses: tuple[ControlUse, ...]
    scales: tuple[float, ...]  # of each use; 0 while it is not active

    @property
    def call(self) -> tuple[str, int, tuple[float, ...]]:
        """Passes that are equal here run in one call of their network."""
        return self.uses[0].model_id, len(self.uses), self.scales if len(self.uses) > 1 else ()

    @property
    def outer_scale(self) -> float:
        """Of what the network finds. The scales of several drawings are applied inside it, as diffusers does."""
        return self.scales[0] if len(self.uses) == 1 else 1.0


def residuals(
    registry: ControlRegistry,
    rows: Sequence[ControlRow],
    scaled_latents_RCHW: torch.Tensor,
    timestep_R: torch.Tensor,
    tokens_RKD: torch.Tensor,
    added_cond: Mapping[str, torch.Tensor],
) -> Residuals:
    """What control adds at this step. The tensors are the UNet's own inputs, with the tokens of the prompt alone."""
    passes = list(_passes(rows))
    down, mid, intrablock = None, None, None
    if drawn := sorted((each for each in passes if each.uses[0].kind != "t2i_adapter"), key=attrgetter("call")):
        found = [
            _run(registry, list(group), scaled_latents_RCHW, timestep_R, tokens_RKD, added_cond)
            for _, group in groupby(drawn, key=attrgetter("call"))
        ]
        *downs, mid = _spread((torch.cat(level) for level in zip(*found, strict=True)), drawn, len(rows))
        down = tuple(downs)
    if adapted := [each for each in passes if each.uses[0].kind == "t2i_adapter"]:
        levels = zip(*(each.uses[0].hints for each in adapted), strict=True)
        intrablock = _spread((torch.stack(level) for level in levels), adapted, len(rows))
    return Residuals(down, mid, intrablock)


def _passes(rows: Sequence[ControlRow]) -> Iterator[Pass]:
    """A pass in which no drawing is heard at this step is none."""
    for index, row in enumerate(rows):
        unions = dict.fromkeys(use.model_id for use in row.controls if use.kind == "union")
        together = [tuple(use for use in row.controls if use.model_id == model_id) for model_id in unions]
        for uses in [*((use,) for use in row.controls if use.kind != "union"), *together]:
            scales = tuple(use.scale if use.is_active(row.step_index, row.num_steps) else 0.0 for use in uses)
            if any(scales):
                yield Pass(index, uses, scales)


def _run(
    registry: ControlRegistry,
    passes: Sequence[Pass],
    scaled_latents_RCHW: torch.Tensor,
    timestep_R: torch.Tensor,
    tokens_RKD: torch.Tensor,
    added_cond: Mapping[str, torch.Tensor],
) -> list[torch.Tensor]:
    """One network on its own rows: the residuals of all levels, the middle one last, [S, C, h, w] each."""
    first, row_S = passes[0], _rows(passes, scaled_latents_RCHW.device)
    hints = [torch.stack([each.uses[place].hints[0] for each in passes]) for place in range(len(first.uses))]
    network = registry.get(first.uses[0].model_id)
    inputs = {
        "sample": scaled_latents_RCHW[row_S],
        "timestep": timestep_R[row_S],
        "encoder_hidden_states": tokens_RKD[row_S],
        "added_cond_kwargs": {name: value[row_S] for name, value in added_cond.items()},
    }
    if isinstance(network, ControlNetUnionModel):
        modes_SM = [[use.mode for use in each.uses] for each in passes]
        down, mid = run_union(network, hints, modes_SM, first.scales, inputs)
    else:
        down, mid = network(**inputs, controlnet_cond=hints[0], return_dict=False)
    return [*down, mid]


def _spread(levels: Iterable[torch.Tensor], passes: Sequence[Pass], num_rows: int) -> list[torch.Tensor]:
    """Scales what each pass found and adds it to its row: [S, C, h, w] becomes [R, C, h, w], level by level."""
    spread = []
    for level_SChw in levels:
        scale_S111 = level_SChw.new_tensor([each.outer_scale for each in passes]).view(-1, 1, 1, 1)
        zeros_RChw = level_SChw.new_zeros(num_rows, *level_SChw.shape[1:])
        spread.append(zeros_RChw.index_add_(0, _rows(passes, level_SChw.device), level_SChw * scale_S111))
    return spread


def _rows(passes: Sequence[Pass], device: torch.device) -> torch.Tensor:
    return torch.tensor([each.row for each in passes], device=device)
