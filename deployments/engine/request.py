"""What may be asked of the engine: an image, and all that it may use."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from deployments.engine.gates import GateSpec
from deployments.engine.layout import Box
from deployments.engine.start import InitImage


@dataclass(frozen=True)
class RegionRequest:
    prompt: str
    box: Box
    weight: float = 0.5  # of its words there; the prompt has the rest
    release_fraction: float = 0.7  # of the steps


@dataclass(frozen=True)
class CalmRequest:
    """A part of the picture without detail: at most a smooth gradient."""

    box: Box
    until_fraction: float = 1.0  # of the steps


@dataclass(frozen=True, eq=False)  # arrays do not compare
class ReferenceRequest:
    adapter: str  # the id of a loaded IP-Adapter
    pixels_HWC: np.ndarray  # RGB, uint8, any size
    weight: float = 1.0
    gates: GateSpec = 1.0
    box: Box | None = None  # where in the picture it is heard; None: everywhere
    start_fraction: float = 0.0  # of the steps
    end_fraction: float = 1.0


@dataclass(frozen=True)
class LoraRequest:
    name: str  # of a resident adapter
    weight: float = 1.0
    block_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class ControlRequest:
    model_id: str  # of a loaded ControlNet, union or T2I-Adapter; drawings for one union are heard together
    image_HWC: np.ndarray  # RGB, uint8, any size
    scale: float = 1.0
    start_fraction: float = 0.0
    end_fraction: float = 1.0
    mode: int | str | None = None  # what kind of drawing it is, for a union: a place or name of `control_union.MODES`


@dataclass(frozen=True, eq=False)
class ImageRequest:
    prompt: str
    negative_prompt: str | None
    width_px: int  # a multiple of what the model's latents and levels need
    height_px: int
    num_steps: int
    guidance_scale: float  # 1.0 or less: no guidance, half the work
    seed: int
    sampler: str = "euler"
    guidance_interval: tuple[float, float] = (0.0, 1.0)  # fractions of the steps; outside there is no guidance
    guidance_rescale: float = 0.0  # 0..1, https://arxiv.org/abs/2305.08891 §3.4
    init: InitImage | None = None
    strength: float = 1.0  # over an init image: the share of the steps that is drawn
    inpaint_mask: Image.Image | None = None  # bright is drawn anew, dark stays as in the init image
    hold: Image.Image | None = None  # how long the init image is held: black not at all, white to the end
    regions: tuple[RegionRequest, ...] = ()
    calm: tuple[CalmRequest, ...] = ()
    references: tuple[ReferenceRequest, ...] = ()
    loras: tuple[LoraRequest, ...] = ()
    unet: str = ""  # a resident one; empty: the model's own
    controls: tuple[ControlRequest, ...] = ()
    tenant: str = ""
    deadline_s: float | None = None  # from submission; an image that has not moved by then is not drawn
    stand_back_s: float = 0.0  # of remaining work, by which others go first
    preview_every: int = 0  # steps; 0: none
