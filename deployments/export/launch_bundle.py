"""A splash screen's files for the platforms that ask for them, with a contact sheet and a report, in one zip."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from PIL import Image

from deployments.export.android import android_splash
from deployments.export.bundle import REPORT, SHEET, pack, read_pixels
from deployments.export.canvas import Canvas, Rgb
from deployments.export.check import Checked, check
from deployments.export.files import Files, json_text, png
from deployments.export.ios import ios_launch
from deployments.export.launch import Launch, Theme, hexadecimal, orientations
from deployments.export.launch_check import android_rule, ios_rule, pwa_rule
from deployments.export.launch_sheet import launch_sheet
from deployments.export.web import pwa_launch
from deployments.pixels.artwork import take_apart
from deployments.schemas import Record

LaunchPlatform = Literal["ios", "android", "pwa"]
LAUNCH_PLATFORMS: dict[LaunchPlatform, Callable[[Launch], Files]] = {
    "ios": ios_launch, "android": android_splash, "pwa": pwa_launch,
}  # fmt: skip
MAX_SCREEN_PX = 2868  # of the longest side; no file is larger


class LaunchRequest(Record):
    name: str
    platforms: tuple[LaunchPlatform, ...]
    backgrounds: Mapping[Theme, Rgb]  # of those that are absent, the pictures' own


class LaunchReport(Record):
    name: str
    source_sizes: tuple[str, ...]
    colours: dict[Theme, str]
    is_valid: bool
    problems: tuple[str, ...]  # of the files: what a platform would refuse
    warnings: tuple[str, ...]  # of the pictures: what a person should look at
    files: Checked


def export_launch(scenes: Mapping[Theme, Sequence[bytes]], icon: bytes | None, request: LaunchRequest) -> bytes:
    """From PNGs, JPEGs or WebPs of ours to a zip; some are light. Takes many seconds of a processor."""
    opened = {theme: tuple(map(_picture, images)) for theme, images in scenes.items()}
    first = {theme: _canvas(np.asarray(pictures[0])) for theme, pictures in opened.items()}
    launch = Launch(
        name=request.name,
        scenes=opened,
        colours={theme: request.backgrounds.get(theme) or _ground(canvas) for theme, canvas in first.items()},
        icon=_canvas(_pixels(icon)) if icon else first["light"],
        has_icon=icon is not None,
    )
    files: Files = {SHEET: png(launch_sheet(launch))}
    for platform in request.platforms:
        files |= LAUNCH_PLATFORMS[platform](launch)
    checked = check(pack(files), (ios_rule, android_rule, pwa_rule))
    report = LaunchReport(
        name=request.name,
        source_sizes=tuple(f"{picture.width}x{picture.height}" for shown in opened.values() for picture in shown),
        colours={theme: hexadecimal(colour) for theme, colour in launch.colours.items()},
        is_valid=not checked.problems,
        problems=checked.problems,
        warnings=_warnings(launch),
        files=checked,
    )
    return pack(files | {REPORT: json_text(report.model_dump(mode="json"))})


def _picture(image: bytes) -> Image.Image:
    """RGB; what is transparent is white."""
    with Image.open(io.BytesIO(image)) as opened:
        shown = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    if shown.mode == "RGBA":
        white = Image.new("RGBA", shown.size, "white")
        shown = Image.alpha_composite(white, shown).convert("RGB")
    shown.thumbnail((MAX_SCREEN_PX, MAX_SCREEN_PX))
    return shown


def _pixels(image: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(image)) as opened:
        return read_pixels(opened)


def _canvas(pixels_HWC: np.ndarray) -> Canvas:
    return Canvas(take_apart(read_pixels(Image.fromarray(pixels_HWC))), background=None)


def _ground(canvas: Canvas) -> Rgb:
    red, green, blue = canvas.ground(1)[0, 0].tolist()
    return red, green, blue


def _warnings(launch: Launch) -> tuple[str, ...]:
    found = []
    if "dark" not in launch.scenes:
        found.append("there is no dark picture: the light one is shown in the dark, too")
    if not launch.has_icon:
        found.append("no icon was given: Android's is made of the picture, and the manifest has none")
    for theme, pictures in launch.scenes.items():
        if (largest_px := max(max(picture.size) for picture in pictures)) < MAX_SCREEN_PX:
            found.append(
                f"made larger: the {theme} pictures have {largest_px} pixels, the largest screen {MAX_SCREEN_PX}"
            )
        missing = {"portrait", "landscape"} - set(orientations(pictures))
        found += [f"there is no {theme} picture in {shape}" for shape in sorted(missing)]
    return tuple(found)
