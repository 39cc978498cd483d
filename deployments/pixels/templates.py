"""Keyline templates by name: data with versions, so that what was drawn by one can be told years later."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Literal

from deployments.pixels.keylines import ADAPTIVE, FULL_BLEED, MASKABLE, SMALL, Keyline
from deployments.schemas import KeylineUse

TemplateName = Literal["material", "circle", "square", "ios", "adaptive", "maskable", "favicon"]


@dataclass(frozen=True)
class Template:
    keyline: Keyline
    version: int  # of its numbers; they change with it
    use: str


TEMPLATES: dict[TemplateName, Template] = {
    # Material's grid of 24: 2 are left free, and shapes have the area of a square of 18.
    "material": Template(Keyline("square", 20 / 24, 18 / 24), 1, "system and product icons"),
    "circle": Template(Keyline("circle", 20 / 24, 17.5 / 24), 1, "round containers and avatars"),
    "square": Template(Keyline("square", 18 / 24, 18 / 24), 1, "square containers"),
    "ios": Template(FULL_BLEED, 1, "app icons whose corners the system masks"),
    "adaptive": Template(ADAPTIVE, 1, "Android's adaptive layers, 66 of 108 dp"),
    "maskable": Template(MASKABLE, 1, "maskable icons of web apps"),
    "favicon": Template(SMALL, 1, "the smallest sizes"),
}


def max_optical_side(keyline: Keyline) -> float:
    """The side of a square of the live area's own area: nothing that lies within it has a larger one."""
    return keyline.live_side * (sqrt(pi) / 2 if keyline.live_shape == "circle" else 1)


def keyline_of(use: KeylineUse) -> Keyline:
    return Keyline(use.live_shape, use.live_side, use.optical_side, use.anchor)
