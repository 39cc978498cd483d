"""What callers say of how a picture is drawn, beyond its prompt: images to take after, what lies where, the sampler."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from deployments.pixels.templates import TemplateName
from deployments.schemas import ControlKind, ReferenceMode
from deployments.specs import Sampler
from serve_app.adapters.body import Adapters, ModelVersionId
from serve_app.controls.compositions import CompositionName
from serve_app.files.schemas import FileId
from serve_app.schemas import Body, ImageGenerationBody, Visible

MAX_STYLE_IMAGES = 4
MAX_CONTROL_IMAGES = 4
MAX_REGIONS = 8
MAX_STYLE_CHARS = 80
MAX_REGION_PROMPT_CHARS = 500
STYLE_STRENGTH = 0.75
FULL_STYLE_WEIGHT = 0.8  # of an adapter at strength 1: beyond it pictures come no nearer (bench/results/icons.md)
MAX_COLOURS = 8
ROUNDING = 1e-6  # of shares that add up to the whole


def _refuse_outside(box: list[float]) -> list[float]:
    left, top, width, height = box
    if min(width, height) <= 0:
        raise ValueError("a box must have an area")
    if min(left, top) < 0 or max(left + width, top + height) > 1 + ROUNDING:
        raise ValueError("a box must lie within the picture, from 0 to 1")
    return box


Box = Annotated[
    list[float],
    Field(min_length=4, max_length=4, description="[left, top, width, height] as shares of the picture"),
    AfterValidator(_refuse_outside),
]


Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Share = Annotated[float, Field(ge=0, le=1)]


class Heard(Body):
    """How much of an image the picture takes on, what of it, when and where."""

    strength: float = Field(1.0, ge=0, le=2.5, description="beside the other style images")
    mode: ReferenceMode = Field("full", description="what is taken: colours, arrangement, both closely, or all of it")
    start: float = Field(0.0, ge=0, le=1, description="share of the steps from which it is heard")
    end: float = Field(1.0, ge=0, le=1, description="share of the steps until which it is heard")
    box: Box | None = Field(None, description="where in the picture it is heard; absent: everywhere")


class StyleImage(Heard):
    """A file of the caller's whose look the picture takes on; of one that is not square, the middle is seen."""

    file_id: FileId


class ControlDrawing(Body):
    """A file of the caller's that says where things lie: edges, depth or whatever its kind is. It fills the picture."""

    file_id: FileId
    kind: ControlKind
    strength: float = Field(0.8, ge=0, le=2)
    start: float = Field(0.0, ge=0, le=1, description="share of the steps from which it is heard")
    end: float = Field(1.0, ge=0, le=1, description="share of the steps until which it is heard")


class LayoutRegion(Body):
    box: Box | None = Field(None, description="absent: where the template has one for it")
    prompt: Visible = Field(max_length=MAX_REGION_PROMPT_CHARS, description="what is there, beside the whole prompt")
    strength: float = Field(0.5, gt=0, le=1, description="of its words there; the whole prompt has the rest, up to 1")


class KeylineBody(Body):
    """A named template, and what is to be otherwise than in it; shares of the side."""

    template: TemplateName
    padding: float | None = Field(None, ge=0, le=0.4, description="left free on each side of the live area")
    optical_size: float | None = Field(None, gt=0, le=1, description="the side of a square of the subject's area")
    anchor: list[Share] | None = Field(
        None, min_length=2, max_length=2, description="where its optical centre comes to lie: x, y"
    )


class Layout(Body):
    """What lies where."""

    template: CompositionName | None = Field(
        None, description="of a splash screen; what is said beside it wins over its boxes and its horizon"
    )
    regions: list[LayoutRegion] = Field([], max_length=MAX_REGIONS)
    copy_space: Box | None = Field(None, description="stays calm, for text to be laid over")
    logo_box: Box | None = Field(None, description="stays calm, for a logo to be laid over")
    horizon: float | None = Field(
        None, ge=0.2, le=0.9, description="where a splash screen's sky ends, share of the height; the sky stays calm"
    )
    keyline: KeylineBody | None = Field(None, description="that an icon is brought onto once it is drawn")


class ControlsBody(Body):
    """The part of a body that says how its pictures are drawn."""

    style: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_STYLE_CHARS,
        description="what it says counts where this request says nothing itself: a style's id, `ID@VERSION` for one"
        " that is not its newest, or a preset's",
    )
    style_images: list[StyleImage] = Field([], max_length=MAX_STYLE_IMAGES)
    style_strength: float | None = Field(
        None,
        ge=0,
        le=1,
        description=f"of all style images together, 1 as much as the model can make of them; absent: {STYLE_STRENGTH}",
    )
    control_images: list[ControlDrawing] = Field(
        [], max_length=MAX_CONTROL_IMAGES, description="where the model's folder has a ControlNet-Union"
    )
    lora: Adapters = Field([])
    model_version: ModelVersionId | None = None
    layout: Layout = Layout()
    palette: list[Colour] = Field(
        [], max_length=MAX_COLOURS, description="`#rrggbb`, the icon's only colours but for soft edges; absent: any"
    )
    sampler: Sampler = "euler"
    guidance_rescale: float = Field(
        0.0, ge=0, le=1, description="against colours that strong guidance makes too loud (arXiv 2305.08891)"
    )


class ImageDrawBody(ImageGenerationBody, ControlsBody):
    """OpenAI's request, and how its pictures are drawn."""
