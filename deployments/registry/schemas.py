"""What the registry keeps on disk beside an adapter's weights."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.model_folder import FileDigest
from deployments.schemas import Record

FileName = Literal["adapter.safetensors", "card.json"]  # a version holds these and its manifest, and nothing else
WEIGHTS_FILE: FileName = "adapter.safetensors"
CARD_FILE: FileName = "card.json"

Status = Literal["candidate", "live", "previous", "published", "retired"]
Text = Annotated[str, Field(max_length=200)]


class Card(BaseModel):
    """What is read of the card that training writes; a foreign adapter may come without one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: Text = ""
    license: Text = ""
    trigger: Text = ""
    base_unet: dict[str, FileDigest] | None = None
    files: dict[str, FileDigest] = {}


class AdapterManifest(Record):
    """Written last: where there is one, the version is whole."""

    name: str
    version: str  # the first 8 hex digits over its files' digests: other content, other version
    published_at: datetime
    title: str
    license: str
    trigger: str  # the word in a prompt that calls the style; may be empty
    rank: int  # how many slots of an engine's bank it takes
    base: str  # the version of the model that it was made for
    base_unet: dict[str, FileDigest]
    files: dict[FileName, FileDigest]

    @property
    def id(self) -> str:
        return f"{self.name}@{self.version}"


class Stages(Record):
    """Which versions of one adapter are what; all other versions are published, and no more."""

    candidate: str | None = None
    live: str | None = None
    previous: tuple[str, ...] = ()  # that were live before, the latest last
    retired: tuple[str, ...] = ()  # no longer to be had

    def status_of(self, version: str) -> Status:
        if version in self.retired:
            return "retired"
        if version == self.live:
            return "live"
        if version == self.candidate:
            return "candidate"
        return "previous" if version in self.previous else "published"
