"""Models and their versions as HTTP callers see them."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from deployments.pixels.templates import TemplateName
from deployments.registry.gates import Gate
from deployments.registry.names import VersionKind
from deployments.registry.schemas import AdapterManifest, Stages, Status
from deployments.schemas import ControlKind, Weights
from deployments.specs import Kind
from serve_app.controls.compositions import CompositionName, Format
from serve_app.schemas import Body


class KeylineTemplate(BaseModel):
    """Shares of the side."""

    name: TemplateName
    version: int
    use: str
    live_shape: Literal["circle", "square"]
    live_side: float
    optical_side: float
    anchor: list[float] = Field(description="x, y")


class ArrangementTemplate(BaseModel):
    """Boxes are left, top, width and height, as shares of the picture."""

    copy_space: list[float] | None
    logo_box: list[float] | None
    horizon: float | None = Field(description="share of the height")
    regions: list[list[float]] = Field(description="where regions lie that have no box of their own, in order")


class CompositionTemplate(BaseModel):
    name: CompositionName
    version: int
    use: str
    arrangements: dict[Format, ArrangementTemplate] = Field(description="by the picture's shape")


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
    control_kinds: list[ControlKind] = Field(description="of `control_images`; none while the service is not ready")
    keylines: list[KeylineTemplate] = Field(description="that `layout.keyline` names")
    templates: list[CompositionTemplate] = Field(description="that `layout.template` names")


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


class VersionGate(BaseModel):
    metric: str
    above: float | None
    at_most: float | None
    value: float | None = Field(description="absent when it was not measured, or is not finite; then it does not hold")
    holds: bool

    @classmethod
    def of(cls, gate: Gate, metrics: Mapping[str, float]) -> "VersionGate":
        return cls(**gate.model_dump(), value=metrics.get(gate.metric), holds=gate.failure(metrics) is None)


class PromoteBody(Body):
    force: bool = Field(False, description="also when its gates do not hold; the audit log then says `review`")


class CanaryBody(PromoteBody):
    share: float = Field(gt=0, le=1, description="of the requests that name the model without a version")


class ModelVersion(BaseModel):
    id: str = Field(description="`NAME@VERSION`")
    object: Literal["model.version"] = "model.version"
    model: str
    kind: VersionKind = Field(
        description="an adapter of a style; a whole UNet of the base model; its reference adapter"
    )
    status: Status
    share: float | None = Field(description="of the requests that name its model, while it is the canary")
    created_at: int = Field(description="Unix time in seconds")
    title: str
    license: str
    trigger: str = Field(description="the word in a prompt that calls the style")
    base: str = Field(description="the version of the model that it was made for")
    rank: int = Field(description="of a style's adapter; 0 of all else")
    bytes: int
    sha256: str = Field(description="of its weights")
    metrics: dict[str, float] = Field(
        description="what its training measured; `…_base` and `…_live` of the model without it, and of what was live"
    )
    gates: list[VersionGate] = Field(description="that have to hold of them before it may be promoted")
    has_samples: bool = Field(description="whether `GET …/samples` shows what was drawn with it")

    @classmethod
    def of(cls, manifest: AdapterManifest, stages: Stages) -> "ModelVersion":
        status = stages.status_of(manifest.version)
        weights = manifest.files[manifest.weights_file]
        shown = manifest.model_dump(include={"kind", "title", "license", "trigger", "base", "rank", "metrics"})
        return cls(
            id=manifest.id, model=manifest.name, status=status, created_at=int(manifest.published_at.timestamp()),
            bytes=weights.size_bytes, sha256=weights.sha256,
            share=stages.canary_share if status == "canary" else None,
            gates=[VersionGate.of(gate, manifest.metrics) for gate in manifest.gates],
            has_samples="samples.png" in manifest.files, **shown,
        )  # fmt: skip


class ModelVersionList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelVersion] = Field(description="by name, the newest of each first")
