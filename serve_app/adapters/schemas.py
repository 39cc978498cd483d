"""Models and their versions as HTTP callers see them."""

from typing import Literal

from pydantic import BaseModel, Field

from deployments.pixels.templates import TemplateName
from deployments.registry.schemas import AdapterManifest, Status
from deployments.schemas import Weights
from deployments.specs import Kind


class KeylineTemplate(BaseModel):
    """Shares of the side."""

    name: TemplateName
    version: int
    use: str
    live_shape: Literal["circle", "square"]
    live_side: float
    optical_side: float
    anchor: list[float] = Field(description="x, y")


class Model(BaseModel):
    """A service: what `model` names in a request."""

    id: Kind
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: Literal["emblem"] = "emblem"
    kind: Literal["service"]
    status: Literal["ready", "not_ready"]
    model_version: str | None = Field(description="absent while the service is not ready")
    weights: Weights | None
    sizes: list[str]
    default_size: str
    keylines: list[KeylineTemplate] = Field(description="that `layout.keyline` names")


class StyleModel(BaseModel):
    """A style adapter: what `lora` names in a request."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: Literal["emblem"] = "emblem"
    kind: Literal["style"]
    status: Literal["live", "candidate", "damaged"]
    model_version: str | None = Field(description="`NAME@VERSION` that the name alone means; absent until one is live")
    trigger: str | None = Field(description="the word in a prompt that calls it, likewise")


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Model | StyleModel] = Field(description="the services first")


class ModelVersion(BaseModel):
    id: str = Field(description="`NAME@VERSION`")
    object: Literal["model.version"] = "model.version"
    model: str
    status: Status
    created_at: int = Field(description="Unix time in seconds")
    title: str
    license: str
    trigger: str = Field(description="the word in a prompt that calls the style")
    base: str = Field(description="the version of the model that it was made for")
    rank: int
    bytes: int
    sha256: str = Field(description="of its weights")

    @classmethod
    def of(cls, manifest: AdapterManifest, status: Status) -> "ModelVersion":
        weights = manifest.files["adapter.safetensors"]
        shown = manifest.model_dump(include={"title", "license", "trigger", "base", "rank"})
        return cls(
            id=manifest.id, model=manifest.name, status=status, created_at=int(manifest.published_at.timestamp()),
            bytes=weights.size_bytes, sha256=weights.sha256, **shown,
        )  # fmt: skip


class ModelVersionList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelVersion] = Field(description="by name, the newest of each first")
