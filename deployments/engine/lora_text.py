"""A LoRA's part in the text encoders: applied while one prompt is encoded, and gone after it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.nn import functional as F

from deployments.engine.lora_files import LoraLayer


@contextmanager
def text_encoder_with(encoder: nn.Module, layers: Mapping[str, LoraLayer], weight: float) -> Iterator[None]:
    """Inside, the encoder has the adapter applied; its weights are never touched. Several may be nested."""
    with ExitStack() as stack:
        for path, layer in layers.items():
            module = encoder.get_submodule(path)
            hook = _TextHook(layer, weight, next(module.parameters()))
            stack.callback(module.register_forward_hook(hook).remove)
        yield


class _TextHook:
    """Adds a layer's part to what the module puts out."""

    def __init__(self, layer: LoraLayer, weight: float, like: torch.Tensor) -> None:
        self._down = layer.down.to(like)
        self._up = (layer.up.float() * (layer.scale * weight)).to(like)

    def __call__(self, _: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> torch.Tensor:
        return output + F.linear(F.linear(inputs[0], self._down), self._up)
