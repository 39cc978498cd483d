"""The UNet as CUDA graphs, one for each number of rows and size: a step launches once instead of 1700 times."""

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class _Capture:
    graph: torch.cuda.CUDAGraph
    inputs: tuple[torch.Tensor, ...]
    output: torch.Tensor


class GraphedUnet:
    """Is called as the UNet is. Its output lasts until the next call.

    Keyword arguments that are not named are constants of the capture: it fits batches without regions, references,
    control or adapters.
    """

    def __init__(self, unet: Any) -> None:
        self._unet = unet
        self.config = unet.config
        self.attn_processors = unet.attn_processors
        self._captures: dict[torch.Size, _Capture] = {}

    def __call__(
        self,
        sample: torch.Tensor,
        timestep: torch.Tensor,
        encoder_hidden_states: torch.Tensor,
        added_cond_kwargs: dict[str, torch.Tensor],
        **constants: Any,
    ) -> tuple[torch.Tensor]:
        given = (
            sample, timestep, encoder_hidden_states, added_cond_kwargs["text_embeds"], added_cond_kwargs["time_ids"],
        )  # fmt: skip
        if sample.shape not in self._captures:
            self._captures[sample.shape] = self._capture(given, constants)
        capture = self._captures[sample.shape]
        for place, tensor in zip(capture.inputs, given, strict=True):
            place.copy_(tensor)
        capture.graph.replay()
        return (capture.output,)

    def forget(self) -> None:
        """Gives the memory of all captures back."""
        self._captures.clear()
        torch.cuda.empty_cache()

    def _capture(self, given: tuple[torch.Tensor, ...], constants: dict[str, Any]) -> _Capture:
        inputs = tuple(tensor.clone() for tensor in given)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # compiles, and lets libraries choose their kernels
            for _ in range(3):
                self._run(inputs, constants)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output = self._run(inputs, constants)
        return _Capture(graph, inputs, output)

    def _run(self, inputs: tuple[torch.Tensor, ...], constants: dict[str, Any]) -> torch.Tensor:
        latents, timestep, tokens, pooled, time_ids = inputs
        output: torch.Tensor = self._unet(
            latents, timestep, encoder_hidden_states=tokens,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": time_ids}, **constants,
        )[0]  # fmt: skip
        return output
