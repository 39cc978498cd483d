"""What crosses a handle: small, frozen records. Pixels never do; they go from a replica to the image store."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from deployments.specs import Kind, Sampler

OutputFormat = Literal["png", "jpeg", "webp"]
Weights = Literal["random", "trained"]
Priority = Literal["interactive", "batch"]

MAX_SEED = 2**32 - 1


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoredImage(Record):
    """A clean picture in the image store."""

    key: str
    sha256: str


ReferenceMode = Literal["style", "composition", "full", "precise"]
Box = tuple[float, float, float, float]  # left, top, width, height, as shares of the picture


class AdapterUse(Record):
    """How strongly a style adapter is heard: `NAME` is what is live when it is drawn, `NAME@VERSION` that one."""

    id: str
    scale: float = 1.0


class Reference(Record):
    """An image whose look, or a part of it, the picture takes on."""

    image: StoredImage
    weight: float
    mode: ReferenceMode
    start: float  # of the steps
    end: float
    box: Box | None  # where in the picture it is heard; None: everywhere


class Region(Record):
    box: Box
    prompt: str
    strength: float  # of its words, beside the picture's own prompt


ControlKind = Literal["openpose", "depth", "scribble", "canny", "normal", "segment", "tile", "repaint"]


class ControlImage(Record):
    """A drawing that says where things lie."""

    image: StoredImage
    kind: ControlKind
    strength: float
    start: float  # share of the steps from which it is heard
    end: float


class KeylineUse(Record):
    """A keyline template as a request has it; shares of the side."""

    template: str  # `NAME@VERSION`
    live_shape: Literal["circle", "square"]
    live_side: float
    optical_side: float
    anchor: tuple[float, float]  # x, y


class Controls(Record):
    """How a picture is drawn beyond its prompt; the default is without any."""

    references: tuple[Reference, ...] = ()
    control_images: tuple[ControlImage, ...] = ()
    regions: tuple[Region, ...] = ()
    composition: str | None = None  # `NAME@VERSION` that boxes and horizon come from, as far as nobody said otherwise
    copy_space: Box | None = None  # kept calm, for text
    logo_box: Box | None = None  # kept calm, for a logo
    horizon: float | None = None  # where the sky ends, share of the height from the top
    keyline: KeylineUse | None = None  # that the icon is brought onto when it is drawn
    palette: tuple[tuple[int, int, int], ...] = ()  # sRGB: the icon's only colours; empty: any
    sampler: Sampler = "euler"
    guidance_rescale: float = 0.0


class StyleUse(Record):
    """The words of a style, which stand around a prompt."""

    id: str  # `ID@VERSION`
    name: str
    prefix: str
    suffix: str

    def around(self, prompt: str) -> str:
        return ", ".join(filter(None, (" ".join(filter(None, (self.prefix, prompt))), self.suffix)))


class Expansion(Record):
    """By how much a given image's canvas grows on each side."""

    left_px: int = 0
    top_px: int = 0
    right_px: int = 0
    bottom_px: int = 0


class GenerationRequest(Record):
    """One prompt, `len(seeds)` images; valid by the time it is made, so a replica does not check it again."""

    generation_id: str
    request_id: str  # follows the request through the logs of every process
    traceparent: str | None = None  # likewise through its trace: the span that asks for this
    prompt: str
    negative_prompt: str | None
    width_px: int
    height_px: int
    num_steps: int
    guidance_scale: float
    seeds: tuple[int, ...]
    output_format: OutputFormat
    output_quality: int  # 1..100; of JPEG and WebP
    reports_steps: bool = False
    report_every_s: float = 0.0  # between two reports of an image's steps; 0: each step is told
    preview_every: int = 0  # steps; 0: none
    image: StoredImage | None = None  # that is drawn over
    mask: StoredImage | None = None  # of the image: transparent is drawn anew, the rest is kept
    expand: Expansion | None = None  # of the image: what is round it is drawn, the rest is kept
    strength: float = 1.0  # over an image: the share of the steps that is drawn
    loras: tuple[AdapterUse, ...] = ()
    model_version: str | None = None  # None: the one that is live when it is drawn
    priority: Priority = "interactive"
    deadline_at: datetime | None = None  # not to be begun after
    controls: Controls = Controls()
    style: StyleUse | None = None

    @property
    def keeps_pixels(self) -> bool:
        """A part of the given image stays as it is."""
        return self.mask is not None or self.expand is not None

    @property
    def styled_prompt(self) -> str:
        """What is drawn: the caller's prompt within the words of its style."""
        return self.style.around(self.prompt) if self.style else self.prompt


class ImageProgress(Record):
    """How far one image is; `preview_png` only where one was asked for at this step."""

    index: int
    step: int
    num_steps: int
    preview_png: bytes | None = None
    device_s: float = 0.0  # that it has taken so far


class ImageRecord(Record):
    index: int
    seed: int
    key: str  # in the image store
    sha256: str
    size_bytes: int
    device_s: float = 0.0


class Timings(Record):
    queue_ms: float  # from submission to the first step, of the image that waited longest
    denoise_ms: float  # from the first step to the last, likewise
    decode_ms: float
    store_ms: float


class GenerationRecord(Record):
    generation_id: str
    model_version: str
    adapters: tuple[str, ...] = ()  # `NAME@VERSION` of each of `loras`, then of what style images went through
    images: tuple[ImageRecord, ...]
    num_prompt_tokens: int
    is_prompt_truncated: bool
    device_s: float = 0.0  # of all images: their shares of the steps and decodings they were part of
    timings: Timings


DrawEvent = ImageProgress | ImageRecord | GenerationRecord  # the last of a stream holds all images


class ImageScores(Record):
    """Of an image's pixels alone; None where it needs a subject, and none can be told from its ground."""

    separation: float  # confidence, 0 to 1, that subject and ground are told apart
    background_purity: float  # share of the border within CIEDE2000 2 of its median colour
    centring_offset: float | None  # of the optical centre, share of the side
    margin: float | None  # narrowest, subject to edge, share of the side
    outside_safe_zone: float | None  # share of the subject beyond the circle of 80 %
    contrast_ratio: float | None  # WCAG 2.2, subject and ground, 1 to 21
    legibility_16px: float | None  # share of the shape that is read at 16 pixels
    palette_delta_e: float | None  # mean CIEDE2000 from the nearest given colour; None without any
    copy_space_detail: float | None = None  # beside that outside: 0 smooth, 1 as busy as the rest; None without one
    logo_box_detail: float | None = None
    horizon: float | None = None  # where the sky ends, share of the height; None where none was asked for
    palette_distance: float | None = None  # mean CIEDE2000 from the palette that was asked for; None without one
    keyline_fill: float | None = None  # of the size that the keyline asked for wants; None without one, or a subject
    keyline_offset: float | None = None  # of the optical centre from its anchor, share of the side
    outside_keyline: float | None = None  # share of the subject beyond its live area
    style_similarity: float | None = None  # to the style images: 1 their colours, 0 none of them; None without any
    leakage: float | None = None  # of what a style image shows: 1 drawn alike, 0 nothing in common


class AdapterState(Record):
    """What a replica makes of one adapter in the registry."""

    name: str
    live: str | None  # `NAME@VERSION` that it draws with
    problem: str | None  # why that is not what the registry says


class ServiceState(Record):
    """What a replica says of itself when asked whether it can serve."""

    kind: Kind
    model_version: str
    weights: Weights
    num_active_images: int
    has_references: bool = False  # whether its model comes with an adapter for them
    control_kinds: tuple[ControlKind, ...] = ()  # of control images, that its model has a network for
    adapters: tuple[AdapterState, ...] = ()
