"""What callers say of an icon that is to become files."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deployments.export.bundle import PLATFORMS, Platform
from serve_app.files.schemas import FileId
from serve_app.schemas import Body, Visible

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
MAX_COLOURS = 16
Rgb = tuple[int, int, int]


class ExportBody(Body):
    """Of one finished image: `generation_id` and `index`, or `file_id`."""

    generation_id: str | None = Field(None, min_length=1, max_length=64)
    index: int = Field(0, ge=0, lt=2**31, description="which image of the generation")
    file_id: FileId | None = None
    platforms: list[Platform] = Field(list(PLATFORMS), min_length=1, max_length=len(PLATFORMS))
    name: Visible = Field("App", max_length=100, description="of the application, in its manifest")
    background_color: Colour | None = Field(None, description="`#rrggbb`; absent: the icon's own ground")
    colors: list[Colour] = Field([], max_length=MAX_COLOURS, description="that the icon should have; measured only")


class ScoresQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    colors: str = Field(
        "", pattern=r"^([0-9a-fA-F]{6}(,[0-9a-fA-F]{6}){0,15})?$", description="that it should have: `2660e8,ffffff`"
    )

    def palette(self) -> tuple[Rgb, ...]:
        return tuple(rgb(colour) for colour in self.colors.split(",") if colour)


def rgb(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
