"""The UNet's plain batches as recorded graphs: a step is launched once instead of kernel by kernel.

A graph replays the same kernels on the same memory, so it is made for one shape, with inputs that stay in place. Rows
are padded up to a bucket, so that a few graphs serve any number of rows.

Shapes: R rows, P rows of the bucket, C latent channels, H×W latents, K text tokens, D text width.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

ROW_BUCKETS = (1, 2, 4, 6, 8, 12, 16)
MAX_GRAPHS = 32  # each holds its inputs and its output; what lies between is shared

Run = Callable[[], torch.Tensor]  # the UNet on inputs that stay in place; what it returns lasts until the next call
Capture = Callable[[Run], Run]  # makes of it one that costs less to call


class CudaCapture:
    """CUDA graphs that share one pool of memory, since only one runs at a time."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, run: Run) -> Run:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):  # compiles, and lets libraries choose their kernels
            for _ in range(3):
                run()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        # What other threads allocate meanwhile, such as an adapter's pinned memory, is none of the graph's business.
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            output = run()

        def replay() -> torch.Tensor:
            graph.replay()
            return output

        return replay


@dataclass(frozen=True)
class _Graph:
    inputs: tuple[torch.Tensor, ...]  # [P, ..] each
    run: Run


class GraphedUnet:
    """For rows that use nothing beyond their prompt."""

    def __init__(self, unet: Any, capture: Capture, max_graphs: int = MAX_GRAPHS) -> None:
        self._unet = unet
        self._capture = capture
        self._max_graphs = max_graphs
        self._graphs: OrderedDict[tuple[torch.Size, ...], _Graph] = OrderedDict()  # the least recently used first

    def takes(self, num_rows: int) -> bool:
        return num_rows <= ROW_BUCKETS[-1]

    def __call__(
        self,
        latents_RCHW: torch.Tensor,
        timestep_R: torch.Tensor,
        tokens_RKD: torch.Tensor,
        added: dict[str, torch.Tensor],
    ) -> torch.Tensor:
        """[R, C, H, W], good until the next call."""
        num_rows = len(latents_RCHW)
        given = (latents_RCHW, timestep_R, tokens_RKD, added["text_embeds"], added["time_ids"])
        graph = self._graph(given)
        for place, tensor in zip(graph.inputs, given, strict=True):
            place[:num_rows].copy_(tensor)  # what an earlier call left in the rows beyond is as good as anything
        return graph.run()[:num_rows]

    def forget(self) -> None:
        """Gives the memory of all graphs back."""
        self._graphs.clear()

    def _graph(self, given: tuple[torch.Tensor, ...]) -> _Graph:
        num_padded = next(bucket for bucket in ROW_BUCKETS if bucket >= len(given[0]))
        key = tuple(torch.Size((num_padded, *tensor.shape[1:])) for tensor in given)
        if key not in self._graphs:
            if len(self._graphs) == self._max_graphs:
                self._graphs.popitem(last=False)
            inputs = tuple(_padded(tensor, num_padded) for tensor in given)
            self._graphs[key] = _Graph(inputs, self._capture(lambda: self._run(inputs)))
        self._graphs.move_to_end(key)
        return self._graphs[key]

    def _run(self, inputs: tuple[torch.Tensor, ...]) -> torch.Tensor:
        latents, timestep, tokens, pooled, time_ids = inputs
        output: torch.Tensor = self._unet(
            latents, timestep, encoder_hidden_states=tokens,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": time_ids}, return_dict=False,
        )[0]  # fmt: skip
        return output


def _padded(tensor: torch.Tensor, num_rows: int) -> torch.Tensor:
    """A copy [P, ..]; the rows beyond repeat the last one."""
    return tensor[[min(row, len(tensor) - 1) for row in range(num_rows)]]
