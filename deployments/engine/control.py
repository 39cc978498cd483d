"""Structure from a drawing: ControlNet and T2I-Adapter, for those rows of a batch that ask for it.

A ControlNet (https://arxiv.org/abs/2302.05543) runs beside the UNet at every step; a T2I-Adapter
(https://arxiv.org/abs/2302.08453) looks at its drawing once. What they find is added to the UNet's feature maps; a row
without control gets zeros there.

Shapes: R rows, S uses of control at this step (a row may have none, or several), C channels, K tokens, D text width.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from diffusers import ControlNetModel, T2IAdapter
from PIL import Image

from deployments.engine.load import SdxlModel
from deployments.errors import InvalidRequest, ModelFolderError

Kind = Literal["controlnet", "t2i_adapter"]


@dataclass(frozen=True)
class ControlUse:
    """A drawing that one image follows, as the model takes it."""

    model_id: str
    kind: Kind
    hints: tuple[
        torch.Tensor, ...
    ]  # controlnet: the drawing [3, H, W], 0..1; t2i_adapter: features [C, h, w], by level
    scale: float
    start_fraction: float  # of the steps
    end_fraction: float

    def is_active(self, step_index: int, num_steps: int) -> bool:
        """Whether the whole step lies within the fractions: the rule of diffusers' ControlNet pipelines."""
        return step_index / num_steps >= self.start_fraction and (step_index + 1) / num_steps <= self.end_fraction


@dataclass(frozen=True)
class ControlRow:
    """What a row of the batch wants at this step; an image's negative row wants the same as its positive one."""

    controls: tuple[ControlUse, ...]
    step_index: int
    num_steps: int


@dataclass(frozen=True)
class Residuals:
    """What one call of the UNet adds to its feature maps, [R, C, h, w] each; None costs nothing."""

    down: tuple[torch.Tensor, ...] | None = None
    mid: torch.Tensor | None = None
    intrablock: list[torch.Tensor] | None = None

    def as_arguments(self) -> dict[str, Any]:
        """For the UNet's call, once: it empties the list."""
        return {
            "down_block_additional_residuals": self.down,
            "mid_block_additional_residual": self.mid,
            "down_intrablock_additional_residuals": self.intrablock,
        }


class ControlRegistry:
    """The control models of one SDXL model, by id."""

    def __init__(self, model: SdxlModel) -> None:
        self._model = model
        self._loaded: dict[str, torch.nn.Module] = {}

    def load_controlnet(self, model_id: str, folder: Path) -> None:
        """Raises ModelFolderError when the folder does not load or was made for another architecture."""
        controlnet = self._load(ControlNetModel, folder)
        for name in ("in_channels", "block_out_channels", "layers_per_block"):
            _check_fit(folder, name, controlnet.config[name], self._model.unet.config[name])
        self._loaded[model_id] = controlnet

    def load_t2i_adapter(self, model_id: str, folder: Path) -> None:
        """Raises ModelFolderError when the folder does not load or was made for another architecture."""
        adapter = self._load(T2IAdapter, folder)
        widths = self._model.unet.config["block_out_channels"]
        _check_fit(folder, "adapter_type", adapter.config["adapter_type"], "full_adapter_xl")
        _check_fit(folder, "channels", adapter.config["channels"], [*widths, widths[-1]])  # the last: middle block
        self._loaded[model_id] = adapter

    def get(self, model_id: str) -> torch.nn.Module:
        if model_id not in self._loaded:
            loaded = ", ".join(sorted(self._loaded)) or "none"
            message = f"no control model is called {model_id!r}; loaded: {loaded}"
            raise InvalidRequest(message, "control_unknown", "control")
        return self._loaded[model_id]

    def _load(self, kind: Any, folder: Path) -> Any:
        variant = "fp16" if list(folder.glob("*.fp16.safetensors")) else None
        try:
            loaded, info = kind.from_pretrained(
                folder, use_safetensors=True, local_files_only=True, variant=variant, torch_dtype=self._model.dtype,
                output_loading_info=True,
            )  # fmt: skip
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelFolderError(f"the control folder {folder} does not load: {error}") from error
        if info["missing_keys"]:  # diffusers would leave these at random and only log it
            raise ModelFolderError(f"the control folder {folder} lacks weights, such as {info['missing_keys'][0]}")
        return loaded.to(self._model.device).eval()


@torch.inference_mode()
def prepare_control(
    registry: ControlRegistry,
    model_id: str,
    image_HWC: np.ndarray,
    width_px: int,
    height_px: int,
    scale: float,
    start: float,
    end: float,
) -> ControlUse:
    """Readies an RGB drawing, uint8, of any size, for an image of `width_px` × `height_px`.

    Raises InvalidRequest for a model that is not loaded.
    """
    network: Any = registry.get(model_id)
    is_adapter = isinstance(network, T2IAdapter)
    drawing = Image.fromarray(image_HWC)
    if is_adapter and network.config["in_channels"] == 1:  # some adapters were trained on grey drawings
        drawing = drawing.convert("L")
    resized = np.asarray(drawing.resize((width_px, height_px), Image.Resampling.LANCZOS), dtype=np.float32)
    pixels_HWC = torch.from_numpy(resized / 255.0).reshape(height_px, width_px, -1)
    pixels_CHW = pixels_HWC.permute(2, 0, 1).contiguous().to(network.device, network.dtype)
    if not is_adapter:
        return ControlUse(model_id, "controlnet", (pixels_CHW,), scale, start, end)
    features = tuple(feature_1Chw[0] for feature_1Chw in network(pixels_CHW[None]))
    return ControlUse(model_id, "t2i_adapter", features, scale, start, end)


Uses = Sequence[tuple[int, ControlUse]]  # each with the index of its row


def residuals(
    registry: ControlRegistry,
    rows: Sequence[ControlRow],
    scaled_latents_RCHW: torch.Tensor,
    timestep_R: torch.Tensor,
    tokens_RKD: torch.Tensor,
    added_cond: Mapping[str, torch.Tensor],
) -> Residuals:
    """What control adds at this step. The tensors are the UNet's own inputs, with the tokens of the prompt alone."""
    uses = [
        (index, use)
        for index, row in enumerate(rows)
        for use in row.controls
        if use.is_active(row.step_index, row.num_steps)
    ]
    down, mid, intrablock = None, None, None
    if drawn := sorted((use for use in uses if use[1].kind == "controlnet"), key=_model_id):
        found = [
            _run(registry.get(model_id), list(group), scaled_latents_RCHW, timestep_R, tokens_RKD, added_cond)
            for model_id, group in groupby(drawn, key=_model_id)
        ]
        *downs, mid = _spread((torch.cat(level) for level in zip(*found, strict=True)), drawn, len(rows))
        down = tuple(downs)
    if adapted := [use for use in uses if use[1].kind == "t2i_adapter"]:
        levels = zip(*(use.hints for _, use in adapted), strict=True)
        intrablock = _spread((torch.stack(level) for level in levels), adapted, len(rows))
    return Residuals(down, mid, intrablock)


def _run(
    controlnet: torch.nn.Module,
    uses: Uses,
    scaled_latents_RCHW: torch.Tensor,
    timestep_R: torch.Tensor,
    tokens_RKD: torch.Tensor,
    added_cond: Mapping[str, torch.Tensor],
) -> list[torch.Tensor]:
    """One ControlNet on its own rows: the residuals of all levels, the middle one last, [S, C, h, w] each, unscaled."""
    row_S = _rows(uses, scaled_latents_RCHW.device)
    down, mid = controlnet(
        scaled_latents_RCHW[row_S],
        timestep_R[row_S],
        encoder_hidden_states=tokens_RKD[row_S],
        controlnet_cond=torch.stack([use.hints[0] for _, use in uses]),
        added_cond_kwargs={name: value[row_S] for name, value in added_cond.items()},
        return_dict=False,
    )
    return [*down, mid]


def _spread(levels: Iterable[torch.Tensor], uses: Uses, num_rows: int) -> list[torch.Tensor]:
    """Scales what each use found and adds it to its row: [S, C, h, w] becomes [R, C, h, w], level by level."""
    spread = []
    for level_SChw in levels:
        scale_S111 = level_SChw.new_tensor([use.scale for _, use in uses]).view(-1, 1, 1, 1)
        zeros_RChw = level_SChw.new_zeros(num_rows, *level_SChw.shape[1:])
        spread.append(zeros_RChw.index_add_(0, _rows(uses, level_SChw.device), level_SChw * scale_S111))
    return spread


def _rows(uses: Uses, device: torch.device) -> torch.Tensor:
    return torch.tensor([row for row, _ in uses], device=device)


def _model_id(use: tuple[int, ControlUse]) -> str:
    return use[1].model_id


def _check_fit(folder: Path, name: str, value: object, expected: object) -> None:
    if value != expected:
        raise ModelFolderError(f"the control folder {folder} has {name} {value}, this model needs {expected}")
