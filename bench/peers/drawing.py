"""What all peers share: diffusers' own pipeline, given every advantage of one call for equal requests."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionXLPipeline

from bench.trace import TraceRequest
from deployments.encode import encode_image

NUM_THREADS = 1  # of each system; the machine's other core is the client's


class Drawing:
    def __init__(self, model_dir: Path) -> None:
        torch.set_num_threads(NUM_THREADS)
        self._pipeline = StableDiffusionXLPipeline.from_pretrained(
            model_dir, local_files_only=True, use_safetensors=True
        )
        self._pipeline.set_progress_bar_config(disable=True)

    def draw(self, requests: Sequence[TraceRequest]) -> list[bytes]:
        """PNG files in the order of the requests; those of one key are drawn in one call."""
        torch.set_num_threads(NUM_THREADS)  # OpenMP's count belongs to the thread that sets it
        groups: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
        for index, request in enumerate(requests):
            groups[request.key].append(index)
        contents = [b""] * len(requests)
        for indices in groups.values():
            for index, content in zip(indices, self._call([requests[index] for index in indices]), strict=True):
                contents[index] = content
        return contents

    def _call(self, alike: Sequence[TraceRequest]) -> list[bytes]:
        first = alike[0]
        images = self._pipeline(
            [request.prompt for request in alike],
            width=first.width_px, height=first.height_px, num_inference_steps=first.num_steps,
            guidance_scale=first.guidance_scale,
            generator=[torch.Generator("cpu").manual_seed(request.seed) for request in alike],
            output_type="pil",
        ).images  # fmt: skip
        return [encode_image(np.asarray(image), "png", 90) for image in images]
