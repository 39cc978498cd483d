"""Compositions of splash screens by name: data with versions, so that what was drawn by one can be told years later.

Boxes are left, top, width and height, as shares of the picture. Text and logo lie where a phone shows them: off its
clock, its home bar and its edges. Of a square it shows the middle alone, 46 % of the width.
"""

from dataclasses import dataclass
from typing import Literal

from deployments.schemas import Box

CompositionName = Literal["hero_bottom", "hero_side", "logo_centre", "logo_top", "copy_top", "copy_bottom"]
Format = Literal["portrait", "landscape", "square"]


@dataclass(frozen=True)
class Arrangement:
    copy_space: Box | None = None
    logo_box: Box | None = None
    horizon: float | None = None
    regions: tuple[Box, ...] = ()  # of a request's regions that have no box of their own, in order


@dataclass(frozen=True)
class Composition:
    version: int  # of its numbers; they change with it
    use: str
    arrangements: dict[Format, Arrangement]


COMPOSITIONS: dict[CompositionName, Composition] = {
    "hero_bottom": Composition(1, "a headline in the sky, a subject on the ground below it", {
        "portrait": Arrangement((0.1, 0.1, 0.8, 0.26), None, 0.62, ((0.15, 0.5, 0.7, 0.42),)),
        "landscape": Arrangement((0.1, 0.1, 0.8, 0.28), None, 0.6, ((0.3, 0.45, 0.4, 0.41),)),
        "square": Arrangement((0.28, 0.1, 0.44, 0.26), None, 0.62, ((0.3, 0.5, 0.4, 0.42),)),
    }),
    "hero_side": Composition(1, "a subject on the right of a headline; below it where the picture is not wide", {
        "portrait": Arrangement((0.1, 0.1, 0.8, 0.3), None, None, ((0.1, 0.46, 0.8, 0.46),)),
        "landscape": Arrangement((0.1, 0.1, 0.38, 0.76), None, None, ((0.54, 0.1, 0.36, 0.76),)),
        "square": Arrangement((0.28, 0.1, 0.44, 0.3), None, None, ((0.28, 0.46, 0.44, 0.46),)),
    }),
    "logo_centre": Composition(1, "a logo in the middle of a wide sky", {
        "portrait": Arrangement(None, (0.25, 0.38, 0.5, 0.2), 0.75),
        "landscape": Arrangement(None, (0.35, 0.28, 0.3, 0.34), 0.75),
        "square": Arrangement(None, (0.34, 0.36, 0.32, 0.24), 0.75),
    }),
    "logo_top": Composition(1, "a logo at the top, a line of text at the bottom, a subject between", {
        "portrait": Arrangement((0.1, 0.8, 0.8, 0.14), (0.3, 0.1, 0.4, 0.14), None, ((0.15, 0.3, 0.7, 0.44),)),
        "landscape": Arrangement((0.2, 0.7, 0.6, 0.16), (0.38, 0.1, 0.24, 0.2), None, ((0.3, 0.34, 0.4, 0.32),)),
        "square": Arrangement((0.28, 0.8, 0.44, 0.14), (0.38, 0.1, 0.24, 0.14), None, ((0.3, 0.3, 0.4, 0.44),)),
    }),
    "copy_top": Composition(1, "text at the top, a scene below", {
        "portrait": Arrangement((0.1, 0.08, 0.8, 0.34), regions=((0.1, 0.48, 0.8, 0.46),)),
        "landscape": Arrangement((0.1, 0.1, 0.8, 0.34), regions=((0.1, 0.5, 0.8, 0.36),)),
        "square": Arrangement((0.28, 0.08, 0.44, 0.34), regions=((0.28, 0.48, 0.44, 0.46),)),
    }),
    "copy_bottom": Composition(1, "a scene at the top, text at the bottom", {
        "portrait": Arrangement((0.1, 0.6, 0.8, 0.34), regions=((0.1, 0.1, 0.8, 0.44),)),
        "landscape": Arrangement((0.1, 0.52, 0.8, 0.34), regions=((0.1, 0.1, 0.8, 0.36),)),
        "square": Arrangement((0.28, 0.6, 0.44, 0.34), regions=((0.28, 0.1, 0.44, 0.44),)),
    }),
}  # fmt: skip


def format_of(width_px: int, height_px: int) -> Format:
    if width_px == height_px:
        return "square"
    return "portrait" if width_px < height_px else "landscape"
