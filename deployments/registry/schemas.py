"""What the registry keeps on disk beside an adapter's weights."""

import base64
import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from deployments.model_folder import FileDigest
from deployments.registry.gates import Gate
from deployments.registry.names import VersionKind
from deployments.schemas import Record

# A version holds these and its manifest, and nothing else.
FileName = Literal["adapter.safetensors", "unet.safetensors", "ip-adapter.safetensors", "card.json", "samples.png"]
WEIGHTS_FILES: Mapping[VersionKind, FileName] = {
    "lora": "adapter.safetensors", "unet": "unet.safetensors", "reference": "ip-adapter.safetensors",
}  # fmt: skip
CARD_FILE: FileName = "card.json"
SAMPLES_FILE: FileName = "samples.png"

Status = Literal["candidate", "canary", "live", "previous", "published", "retired"]
Text = Annotated[str, Field(max_length=200)]


class Card(BaseModel):
    """What is read of the card that training writes; a foreign adapter may come without one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: Text = ""
    license: Text = ""
    trigger: Text = ""
    base_unet: dict[str, FileDigest] | None = None
    files: dict[str, FileDigest] = {}
    metrics: dict[str, FiniteFloat] = {}
    gates: tuple[Gate, ...] = ()


class PublishedTrial(Record):
    """A small fixed drawing with the adapter, and what it came to in its publisher's engine."""

    prompt: str
    seed: int
    num_steps: int
    guidance_scale: float
    dtype: Literal["float32", "bfloat16"]  # that it was drawn in
    shape: tuple[int, int, int]  # of the last latents
    latents: str  # float32, little-endian, in base64
    tolerance: float = Field(gt=0)  # root mean square of the difference, as a share of that of the latents

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len(base64.b64decode(self.latents)) != 4 * math.prod(self.shape):
            raise ValueError(f"the trial's latents are not of the shape {self.shape}")
        return self


class AdapterManifest(Record):
    """Written last: where there is one, the version is whole."""

    kind: VersionKind = "lora"
    name: str  # of a style, or of a part of the base model
    version: str  # the first 8 hex digits over its files' digests: other content, other version
    published_at: datetime
    title: str
    license: str
    trigger: str  # the word in a prompt that calls the style; may be empty
    rank: int  # how many slots of an engine's bank it takes; only styles take any
    base: str  # the version of the model that it was made for
    base_unet: dict[str, FileDigest]  # its UNet's files; of a reference adapter, its image encoder's too
    files: dict[FileName, FileDigest]
    metrics: dict[str, FiniteFloat] = Field(default_factory=dict)  # what its training measured
    gates: tuple[Gate, ...] = ()  # that have to hold of them before it may be live
    trial: PublishedTrial | None = None  # what a replica has to come to as well; not every publisher tells it

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def weights_file(self) -> FileName:
        return WEIGHTS_FILES[self.kind]

    @property
    def is_base(self) -> bool:
        """The base model's own part, which has its version."""
        return self.kind != "lora" and self.base.endswith(f"@{self.version}")


class Stages(Record):
    """Which versions of one adapter are what; all other versions are published, and no more."""

    candidate: str | None = None
    canary: str | None = None  # that a share of what asks for the adapter gets, the live one the rest
    canary_share: float = Field(0.0, ge=0, le=1)
    live: str | None = None
    previous: tuple[str, ...] = ()  # that were live before, the latest last
    retired: tuple[str, ...] = ()  # no longer to be had

    def status_of(self, version: str) -> Status:
        if version in self.retired:
            return "retired"
        if version == self.live:
            return "live"
        if version == self.canary:
            return "canary"
        if version == self.candidate:
            return "candidate"
        return "previous" if version in self.previous else "published"
