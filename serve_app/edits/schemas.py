"""What callers say of an image that is made from another."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo

from deployments.errors import InvalidRequest
from serve_app.controls.schemas import ControlsBody
from serve_app.files.schemas import FileId
from serve_app.json_body import read_json
from serve_app.schemas import MAX_PROMPT_CHARS, Body, GenerationBody, ImageBody

MAX_EXPAND_PX = 2048  # a side


def _from_text(value: object, info: ValidationInfo) -> object:
    """A field of multipart, where there are no objects, is JSON."""
    if info.mode in ("python", "json") or not isinstance(value, str):
        return value
    try:
        return read_json(value.encode())
    except InvalidRequest as error:
        raise ValueError("must be an object, as JSON") from error


class Expand(Body):
    left_px: int = Field(0, ge=0, le=MAX_EXPAND_PX)
    top_px: int = Field(0, ge=0, le=MAX_EXPAND_PX)
    right_px: int = Field(0, ge=0, le=MAX_EXPAND_PX)
    bottom_px: int = Field(0, ge=0, le=MAX_EXPAND_PX)


class EditBody(GenerationBody):
    size: str = Field("auto", description="`WIDTHxHEIGHT` in pixels; `auto`: the image's, or near it", max_length=20)
    input_fidelity: Literal["low", "high"] = Field("low", description="how much of the image is kept without a mask")
    strength: float | None = Field(
        None, gt=0, le=1, description="the share of the steps that is drawn; absent: by `input_fidelity` or the mask"
    )
    expand: Annotated[Expand | None, BeforeValidator(_from_text)] = Field(
        None, description="the canvas grows so far round the image, and only that is drawn; in multipart as JSON"
    )


class ImageEditBody(EditBody, ImageBody):
    """With its files beside it, as OpenAI's clients send them."""


class ImageVariationBody(ImageEditBody):
    prompt: str = Field("", max_length=MAX_PROMPT_CHARS, description="what it should show; absent: as the image does")


class FileReference(Body):
    file_id: FileId


class ImageEditByFileBody(ImageEditBody, ControlsBody):
    """Its files uploaded before."""

    images: list[FileReference] = Field(min_length=1, max_length=1)
    mask: FileReference | None = None


class JobBody(EditBody, ControlsBody):
    """Drawn from the prompt alone, or over an image that was uploaded before."""

    size: str = Field("auto", description="`WIDTHxHEIGHT` in pixels, or `auto`", max_length=20)
    images: list[FileReference] = Field([], max_length=1, description="to be drawn over")
    mask: FileReference | None = Field(None, description="of the image; what is transparent is drawn anew")
    webhook_url: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="https; told of its end, signed with the key's webhook secret",
    )
    dry_run: bool = Field(False, description="answers a quote; nothing is accepted, kept or counted")
