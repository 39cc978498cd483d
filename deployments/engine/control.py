"""Structure from a drawing: ControlNet, its union for many kinds of drawing, and T2I-Adapter.

A ControlNet (https://arxiv.org/abs/2302.05543) runs beside the UNet at every step; a T2I-Adapter
(https://arxiv.org/abs/2302.08453) looks at its drawing once. What they find is added to the UNet's feature maps
(`residuals.py`).
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from diffusers import ControlNetModel, ControlNetUnionModel, T2IAdapter
from PIL import Image

from deployments.engine.control_union import mode_index
from deployments.engine.load import SdxlModel
from deployments.engine.request import ControlRequest
from deployments.errors import InvalidRequest, ModelFolderError

Kind = Literal["controlnet", "union", "t2i_adapter"]


@dataclass(frozen=True)
class ControlUse:
    """A drawing that one image follows, as the model takes it."""

    model_id: str
    kind: Kind
    hints: tuple[torch.Tensor, ...]  # t2i_adapter: features [C, h, w], by level; else: the drawing [3, H, W], 0..1
    scale: float
    start_fraction: float  # of the steps
    end_fraction: float
    mode: int = 0  # of a union only

    def is_active(self, step_index: int, num_steps: int) -> bool:
        """Whether the whole step lies within the fractions: the rule of diffusers' ControlNet pipelines."""
        return step_index / num_steps >= self.start_fraction and (step_index + 1) / num_steps <= self.end_fraction


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
        self._loaded[model_id] = self._load_controlnet(ControlNetModel, folder)

    def load_union(self, model_id: str, folder: Path) -> None:
        """Raises ModelFolderError when the folder does not load or was made for another architecture."""
        self._loaded[model_id] = self._load_controlnet(ControlNetUnionModel, folder)

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

    def _load_controlnet(self, kind: Any, folder: Path) -> Any:
        controlnet = self._load(kind, folder)
        for name in ("in_channels", "block_out_channels", "layers_per_block"):
            _check_fit(folder, name, controlnet.config[name], self._model.unet.config[name])
        halvings = len(controlnet.config["conditioning_embedding_out_channels"]) - 1  # from the drawing to the latents
        _check_fit(folder, "pixels per latent", 2**halvings, self._model.pixels_per_latent)
        return controlnet

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
        if info["unexpected_keys"]:  # a union would pass for a ControlNet
            name = info["unexpected_keys"][0]
            raise ModelFolderError(f"the control folder {folder} has weights without a place, such as {name}")
        return loaded.to(self._model.device).eval()


@torch.inference_mode()
def prepare_control(registry: ControlRegistry, request: ControlRequest, width_px: int, height_px: int) -> ControlUse:
    """Readies the request's drawing for an image of `width_px` × `height_px`.

    Raises InvalidRequest for a model that is not loaded, and for a mode that it does not know.
    """
    network: Any = registry.get(request.model_id)
    drawing = Image.fromarray(request.image_HWC)
    is_adapter = isinstance(network, T2IAdapter)
    if is_adapter and network.config["in_channels"] == 1:  # some adapters were trained on grey drawings
        drawing = drawing.convert("L")
    resized = np.asarray(drawing.resize((width_px, height_px), Image.Resampling.LANCZOS), dtype=np.float32)
    pixels_HWC = torch.from_numpy(resized / 255.0).reshape(height_px, width_px, -1)
    pixels_CHW = pixels_HWC.permute(2, 0, 1).contiguous().to(network.device, network.dtype)
    use = partial(
        ControlUse, request.model_id,
        scale=request.scale, start_fraction=request.start_fraction, end_fraction=request.end_fraction,
    )  # fmt: skip
    if isinstance(network, ControlNetUnionModel):
        return use("union", (pixels_CHW,), mode=mode_index(network, request.mode))
    if request.mode is not None:
        message = f"{request.model_id!r} is no union and has no modes, got {request.mode!r}"
        raise InvalidRequest(message, "invalid_control_mode", "control")
    if is_adapter:
        return use("t2i_adapter", tuple(feature_1Chw[0] for feature_1Chw in network(pixels_CHW[None])))
    return use("controlnet", (pixels_CHW,))


def _check_fit(folder: Path, name: str, value: object, expected: object) -> None:
    if value != expected:
        raise ModelFolderError(f"the control folder {folder} has {name} {value}, this model needs {expected}")
