"""What launch screens are made of: what is seen between a tap on the icon and the app's first own screen."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Literal

from PIL import Image

from deployments.export.canvas import Canvas, Rgb

Theme = Literal["light", "dark"]
Pictures = tuple[Image.Image, ...]  # RGB, of one theme, in one or several shapes


@dataclass(frozen=True)
class Launch:
    name: str
    scenes: Mapping[Theme, Pictures]  # light is always there
    colours: Mapping[Theme, Rgb]  # behind them, and of Android's whole screen
    icon: Canvas
    has_icon: bool  # of its own; else it is made of the first picture

    def scene(self, theme: Theme, width_px: int, height_px: int) -> Image.Image:
        """The picture of the nearest shape, made to fill that size; what is too much on two sides is cut off."""
        ratio = width_px / height_px
        nearest = min(self.scenes[theme], key=lambda picture: abs(log(picture.width / picture.height / ratio)))
        width, height = nearest.size
        seen_width, seen_height = min(width, height * ratio), min(height, width / ratio)
        left, top = (width - seen_width) / 2, (height - seen_height) / 2
        box = (left, top, left + seen_width, top + seen_height)
        return nearest.resize((width_px, height_px), Image.Resampling.BICUBIC, box)


def orientations(pictures: Pictures) -> list[Literal["portrait", "landscape"]]:
    """That there is a picture for; a square one is cut for both."""
    found: list[Literal["portrait", "landscape"]] = []
    if any(picture.height >= picture.width for picture in pictures):
        found.append("portrait")
    if any(picture.width >= picture.height for picture in pictures):
        found.append("landscape")
    return found


def hexadecimal(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
