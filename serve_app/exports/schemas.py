"""What callers say of an icon or a splash screen that is to become files."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from deployments.export.bundle import ON_REQUEST, PLATFORMS, Platform
from deployments.export.launch import Theme
from deployments.export.launch_bundle import LAUNCH_PLATFORMS, LaunchPlatform
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
    platforms: list[Platform] = Field(
        list(PLATFORMS),
        min_length=1,
        max_length=len(PLATFORMS) + len(ON_REQUEST),
        description="absent: all but `svg`, which is of flat icons",
    )
    name: Visible = Field("App", max_length=100, description="of the application, in its manifest")
    background_color: Colour | None = Field(None, description="`#rrggbb`; absent: the icon's own ground")
    colors: list[Colour] = Field([], max_length=MAX_COLOURS, description="that the icon should have; measured only")


class SplashExportBody(Body):
    """Of one splash family, `splash_set_id`, or of one picture: `generation_id` and `index`, or `file_id`."""

    splash_set_id: str | None = Field(None, min_length=1, max_length=64)
    generation_id: str | None = Field(None, min_length=1, max_length=64)
    index: int = Field(0, ge=0, lt=2**31, description="which image of the generation")
    file_id: FileId | None = None
    icon_generation_id: str | None = Field(
        None, min_length=1, max_length=64, description="whose first image is Android's icon and the web manifest's"
    )
    platforms: list[LaunchPlatform] = Field(list(LAUNCH_PLATFORMS), min_length=1, max_length=len(LAUNCH_PLATFORMS))
    name: Visible = Field("App", max_length=100, description="of the application, in its manifest")
    background_color: Colour | None = Field(None, description="`#rrggbb`; absent: the picture's own")
    dark_background_color: Colour | None = Field(None, description="likewise, in the dark; of a family that is dark")

    def backgrounds(self) -> dict[Theme, Rgb]:
        given: dict[Theme, str | None] = {"light": self.background_color, "dark": self.dark_background_color}
        return {theme: rgb(colour) for theme, colour in given.items() if colour}


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
