"""ControlNet-Union: one ControlNet for many kinds of drawing (https://github.com/xinsir6/ControlNetPlus).

Each drawing comes with its mode, which says what kind it is; drawings of one image may be heard together in one pass.

Shapes: S rows of one pass, M drawings of each row, T modes that the network knows, C channels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from diffusers import ControlNetUnionModel

from deployments.errors import InvalidRequest

# As https://huggingface.co/xinsir/controlnet-union-sdxl-1.0 was trained; "tile" and "repaint" in its ProMax only.
MODES = ("openpose", "depth", "scribble", "canny", "normal", "segment", "tile", "repaint")


def num_modes(union: ControlNetUnionModel) -> int:
    return int(union.config["num_control_type"])


def mode_index(union: ControlNetUnionModel, mode: int | str | None) -> int:
    """The place of a mode, given by place or name. Raises InvalidRequest for what this network does not know."""
    index = MODES.index(mode) if mode in MODES else mode
    if not isinstance(index, int) or not 0 <= index < num_modes(union):
        known = ", ".join(MODES[: num_modes(union)])
        message = f"a union needs a control mode from 0 to {num_modes(union) - 1}, or of {known}; got {mode!r}"
        raise InvalidRequest(message, "invalid_control_mode", "control")
    return index


def run_union(
    union: ControlNetUnionModel,
    hints_MS3HW: Sequence[torch.Tensor],
    modes_SM: Sequence[Sequence[int]],
    scales_M: Sequence[float],
    inputs: Mapping[str, Any],
) -> tuple[Sequence[torch.Tensor], torch.Tensor]:
    """Residuals of all levels and of the middle, [S, C, h, w] each; the scales are not applied to a lone drawing.

    Modes are each row's own. Scales are not: among several drawings they go into the network, where the class takes
    one for all rows. So a pass takes rows with as many drawings and, where these are several, equal scales.
    """
    modes_MS = torch.tensor(modes_SM, device=union.device).T
    type_ST = torch.zeros(len(modes_SM), union.config["num_control_type"], device=union.device, dtype=union.dtype)
    _isolate_rows(union, len(modes_SM))
    down, mid = union(
        **inputs,
        controlnet_cond=hints_MS3HW,
        control_type=type_ST.scatter_(1, modes_MS.T, 1.0),
        control_type_idx=list(modes_MS),  # M of [S]: the class looks up an embedding for each row
        conditioning_scale=list(scales_M) if len(scales_M) > 1 else [1.0],
        return_dict=False,
    )
    return down, mid


def _isolate_rows(union: ControlNetUnionModel, num_rows: int) -> None:
    """Lets each row of the next call attend to itself alone.

    The class's fusing attention runs over the first axis, that is over the rows of the batch, and would mix strangers.
    The rows of one guided image are alike there, so that for one image the result is as without a mask.
    """
    mask_SS = torch.full((num_rows, num_rows), -torch.inf, device=union.device, dtype=union.dtype).fill_diagonal_(0.0)
    for layer in union.transformer_layes:  # the class's own spelling
        layer.attn_mask = mask_SS
