"""What callers say of a set, and see of it."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from deployments.pixels.consistency import Distance
from deployments.schemas import MAX_SEED, ImageScores, OutputFormat, Priority
from deployments.specs import Kind
from serve_app.controls.compositions import Format
from serve_app.controls.schemas import ControlsBody
from serve_app.generation_schemas import GenerationError, GenerationImage
from serve_app.jobs.job import Status
from serve_app.schemas import MAX_PROMPT_CHARS, Body, Visible

MAX_SUBJECTS = 64  # in one request
MAX_ITEMS = 256  # of a set
PLACE = "{subject}"
TEMPLATE = f"{PLACE} icon, flat, simple shapes, plain ground"

ItemStatus = Status | Literal["deleted"]
SetStatus = Literal["in_progress", "completed", "incomplete"]
Theme = Literal["light", "dark"]


def same_subject(text: str) -> str:
    """Equal for what is drawn alike."""
    return " ".join(text.split()).casefold()


def _refuse_twice(words: list[str]) -> list[str]:
    seen: set[str] = set()
    for word in map(same_subject, words):
        if word in seen:
            raise ValueError(f"{word!r} is there twice")
        seen.add(word)
    return words


def _refuse_without_place(template: str) -> str:
    if PLACE not in template:
        raise ValueError(f"must have {PLACE} where the subject comes")
    return template


Subject = Annotated[Visible, Field(max_length=200)]
Hero = Annotated[str, Field(min_length=1, max_length=64)]  # an item's id
Subjects = Annotated[list[Subject], Field(min_length=1, max_length=MAX_SUBJECTS), AfterValidator(_refuse_twice)]


class Drawing(ControlsBody):
    """How all items are drawn; each field as in a generation."""

    quality: Literal["low", "medium", "high", "auto", "standard", "hd"] = "auto"
    output_format: OutputFormat = "png"
    output_compression: int = Field(90, ge=0, le=100, description="quality of JPEG and WebP")
    negative_prompt: str | None = Field(None, max_length=MAX_PROMPT_CHARS)
    num_inference_steps: int | None = Field(None, ge=1, le=100, description="absent: by `quality`")
    guidance_scale: float | None = Field(None, ge=1, le=30, description="absent: the profile's; 1 is none")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="of all items; absent: drawn once for all")
    priority: Priority | None = Field(None, description="absent: the highest that the key may")


class SetBody(Drawing):
    name: Visible = Field(max_length=100)
    consistency: Literal["seed", "hero"] = Field(
        "seed",
        description="`hero`: the items also take after the image of the first one, or of `hero`, and wait for it",
    )
    hero: Hero | None = Field(None, description="an item of this or an earlier set; needs `consistency` `hero`")


class IconSetBody(SetBody):
    subjects: Subjects
    template: Annotated[Visible, Field(max_length=MAX_PROMPT_CHARS), AfterValidator(_refuse_without_place)] = TEMPLATE
    size: str = Field("auto", description="`WIDTHxHEIGHT` in pixels, or `auto`", max_length=20)


class IconSetItemsBody(Body):
    subjects: Subjects
    hero: Hero | None = Field(None, description="from now on; absent: as until now")


class SplashSetBody(SetBody):
    """One brief, composed anew for each format and theme."""

    brief: Visible = Field(max_length=MAX_PROMPT_CHARS - 20)
    formats: Annotated[list[Format], Field(min_length=1, max_length=3), AfterValidator(_refuse_twice)] = Field(
        ["portrait", "landscape", "square"], description="each at the profile's size of that shape"
    )
    themes: Annotated[list[Theme], Field(max_length=2), AfterValidator(_refuse_twice)] = Field(
        [], description="each format once in each; absent: without a word of it"
    )


class RedrawBody(Body):
    """Nothing is said of how: the seed is a new one."""


class ImageSetItem(BaseModel):
    id: str
    position: int
    subject: str
    prompt: str
    status: ItemStatus = Field(description="of its generation")
    progress: float = Field(description="0 to 1; 1 also where it has ended without an image")
    generation_id: str
    seed: int | None = Field(description="absent when its generation was deleted")
    size: str
    images: list[GenerationImage] = Field(description="empty, or the one")
    error: GenerationError | None
    scores: ImageScores | None = Field(description="absent until it was measured, at 256 pixels")
    distance: Distance | None = Field(description="from the others; absent for fewer than two that were measured")


class ImageSetSummary(BaseModel):
    id: str
    object: Literal["image.set"] = "image.set"
    kind: Kind
    name: str
    template: str
    created_at: int = Field(description="Unix time in seconds")
    status: SetStatus = Field(description="incomplete: all have ended, and some have no image")
    num_items: int
    num_completed: int


class ImageSet(ImageSetSummary):
    progress: float = Field(description="0 to 1, of all items")
    drawing: Drawing
    hero: str | None = Field(description="the item that the others take after")
    items: list[ImageSetItem]
    consistency_score: float | None = Field(
        description="0 to 1, from the pixels: 1 where all look alike; absent for fewer than two that were measured"
    )


class ImageSetList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ImageSetSummary] = Field(description="the newest first")
    has_more: bool
    last_id: str | None = Field(description="what `after` takes, for the next page")


class ImageSetListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=50)
    after: str | None = Field(None, max_length=64, description="`last_id` of the page before")


class ImageSetExportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    files: Literal["png", "bundle"] = Field("png", description="a picture of each item, or all that platforms want")
    platforms: str = Field(
        "ios,android,pwa,favicon",
        pattern=r"^(ios|android|pwa|favicon)(,(ios|android|pwa|favicon)){0,3}$",
        description="of bundles",
    )
