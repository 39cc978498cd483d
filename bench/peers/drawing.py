"""What all peers share: diffusers' own pipelines, given every advantage of one call for equal requests.

Schedulers are made once, adapters and the reference's embedding are loaded once. A request pays for none of the
features that it does not use, because each set of features has a UNet of its own over the same weights: diffusers
leaves its LoRA wrappers in the way of an image without LoRA (`disable_lora` only makes them pass on), and a UNet with
an IP-Adapter wants a reference from every image; at scale 0 it would do the work all the same.
"""

import copy
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    StableDiffusionXLControlNetPipeline,
    StableDiffusionXLPipeline,
)
from peft.tuners.tuners_utils import BaseTunerLayer

from bench.extras import Extras
from bench.trace import TraceRequest
from deployments.encode import encode_image

NUM_THREADS = 1  # of each system; the machine's other core is the client's

_SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "euler": EulerDiscreteScheduler.from_config,
    "ddim": lambda config: DDIMScheduler.from_config(config, clip_sample=False),  # clipping is for pixels
    "dpmpp_2m": DPMSolverMultistepScheduler.from_config,
}


class _Features(NamedTuple):
    lora: bool
    control: bool
    reference: bool


class Drawing:
    def __init__(self, model_dir: Path) -> None:
        torch.set_num_threads(NUM_THREADS)
        self._extras = Extras.beside(model_dir)
        self._plain = StableDiffusionXLPipeline.from_pretrained(model_dir, local_files_only=True, use_safetensors=True)
        self._schedulers = {name: make(self._plain.scheduler.config) for name, make in _SCHEDULERS.items()}
        self._pipelines: dict[_Features, Any] = {}
        self._adapted_layers: dict[_Features, list[Any]] = {}

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
        features = _Features(first.lora is not None, first.control is not None, first.reference is not None)
        if features not in self._pipelines:
            self._pipelines[features] = self._make(features)
        pipeline = self._pipelines[features]
        pipeline.scheduler = self._schedulers[first.sampler]
        for layer in self._adapted_layers[features]:
            # All that `set_adapters` does for a drawing; it also walks every adapter of every layer to say which may
            # learn: with 16 adapters 44 ms instead of 0.3, much of an image as small as these.
            layer._active_adapter = [first.lora]
        more: dict[str, object] = {}
        if first.reference is not None:
            is_guided = first.guidance_scale > 1.0
            more["ip_adapter_image_embeds"] = [self._reference_embeds if is_guided else self._reference_embeds[1:]]
        if first.control is not None:
            more["image"] = self._extras.drawing
        images = pipeline(
            [request.prompt for request in alike],
            width=first.width_px, height=first.height_px, num_inference_steps=first.num_steps,
            guidance_scale=first.guidance_scale,
            generator=[torch.Generator("cpu").manual_seed(request.seed) for request in alike],
            output_type="pil", **more,
        ).images  # fmt: skip
        return [encode_image(np.asarray(image), "png", 90) for image in images]

    def _make(self, features: "_Features") -> Any:
        unet = _sharing_weights(self._adapted_unet if features.lora else self._plain.unet)
        pipeline: Any = StableDiffusionXLPipeline(**self._plain.components | {"unet": unet})
        if features.reference:
            pipeline.load_ip_adapter(
                str(self._extras.folder), subfolder="", weight_name=self._extras.ip_adapter.name,
                image_encoder_folder=self._extras.image_encoder.name, local_files_only=True,
            )  # fmt: skip
        if features.control:
            pipeline = StableDiffusionXLControlNetPipeline(**pipeline.components, controlnet=self._controlnet)
        pipeline.set_progress_bar_config(disable=True)
        self._adapted_layers[features] = [layer for layer in unet.modules() if isinstance(layer, BaseTunerLayer)]
        return pipeline

    @cached_property
    def _adapted_unet(self) -> torch.nn.Module:
        unet = _sharing_weights(self._plain.unet)
        pipeline = StableDiffusionXLPipeline(**self._plain.components | {"unet": unet})
        for name, file in self._extras.loras.items():
            pipeline.load_lora_weights(self._extras.folder, weight_name=file.name, adapter_name=name)
        return unet

    @cached_property
    def _reference_embeds(self) -> torch.Tensor:
        """[2, 1, width]: of no image, and of the reference."""
        pipeline = self._make(_Features(lora=False, control=False, reference=True))
        with torch.inference_mode():
            embeds: list[torch.Tensor] = pipeline.prepare_ip_adapter_image_embeds(
                self._extras.reference, None, "cpu", 1, True
            )
        return embeds[0]

    @cached_property
    def _controlnet(self) -> ControlNetModel:
        return ControlNetModel.from_pretrained(self._extras.controlnet, local_files_only=True, use_safetensors=True)


def _sharing_weights(unet: torch.nn.Module) -> torch.nn.Module:
    """Modules of its own, so that what is put into them is no one else's, over the same weights."""
    return copy.deepcopy(unet, memo={id(weight): weight for weight in unet.parameters()})
