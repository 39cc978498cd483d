"""An icon's files for the platforms that ask for them, with a contact sheet and a report, in one zip."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from PIL import Image

from deployments.export.android import android
from deployments.export.canvas import Canvas, Rgb
from deployments.export.check import Checked, check
from deployments.export.files import Files, entry, json_text, png
from deployments.export.ios import MASTER_PX, ios
from deployments.export.sheet import contact_sheet
from deployments.export.svg import svg, trace
from deployments.export.web import favicon, pwa
from deployments.pixels.artwork import Artwork, take_apart
from deployments.pixels.calm import detail
from deployments.pixels.horizon import horizon
from deployments.pixels.light import scaled
from deployments.pixels.likeness import leakage, middle_of, part_of, style_similarity
from deployments.pixels.normalise import fit
from deployments.pixels.scores import measure, palette_delta_e
from deployments.pixels.templates import keyline_of
from deployments.schemas import Controls, ImageScores, Record

Platform = Literal["ios", "android", "pwa", "favicon", "svg"]
PLATFORMS: dict[Platform, Callable[[Canvas, str], Files]] = {
    "ios": ios, "android": android, "pwa": pwa, "favicon": favicon,
}  # fmt: skip
ON_REQUEST: dict[Platform, Callable[[Canvas, str], Files]] = {"svg": svg}  # not every icon is flat enough
MAX_WORKED_PX = MASTER_PX  # a side; no file is larger
CERTAIN, MIN_CONTRAST, LEGIBLE = 0.8, 3.0, 0.6  # below, a person is told to look
SHEET, REPORT = "contact-sheet.png", "report.json"


class ExportRequest(Record):
    name: str
    platforms: tuple[Platform, ...]
    background: Rgb | None  # None: the icon's own
    palette: tuple[Rgb, ...] = ()


class Report(Record):
    name: str
    source_size: str
    is_valid: bool
    problems: tuple[str, ...]  # of the files: what a platform would refuse
    warnings: tuple[str, ...]  # of the icon: what a person should look at
    scores: ImageScores
    files: Checked


def export(image: bytes, request: ExportRequest) -> bytes:
    """From a PNG, JPEG or WebP of ours to a zip. Takes seconds of a processor.

    Raises InvalidRequest where SVG is asked of what is not flat.
    """
    with Image.open(io.BytesIO(image)) as opened:
        source_size = f"{opened.width}x{opened.height}"
        pixels_HWC = read_pixels(opened)
    artwork = take_apart(pixels_HWC)
    canvas = Canvas(artwork, request.background)
    files: Files = {SHEET: png(contact_sheet(canvas, request.name))}
    for platform in request.platforms:
        files |= (PLATFORMS | ON_REQUEST)[platform](canvas, request.name)
    checked = check(pack(files))
    measured = measure(pixels_HWC, artwork, request.palette)
    report = Report(
        name=request.name, source_size=source_size, is_valid=not checked.problems, problems=checked.problems,
        warnings=_warnings(artwork, measured, pixels_HWC), scores=measured, files=checked,
    )  # fmt: skip
    return pack(files | {REPORT: json_text(report.model_dump(mode="json"))})


def scores(
    image: bytes, palette: tuple[Rgb, ...], controls: Controls, style_images: Sequence[bytes | None] = ()
) -> ImageScores:
    """Of a PNG, JPEG or WebP of ours, beside what was asked of it.

    `style_images` are those of its controls, in their order; None for one that has been deleted.
    """
    with Image.open(io.BytesIO(image)) as opened:
        pixels_HWC = read_pixels(opened)
    boxes = {"copy_space_detail": controls.copy_space, "logo_box_detail": controls.logo_box}
    calm = tuple(box for box in boxes.values() if box)
    details = {name: detail(pixels_HWC, box, calm) for name, box in boxes.items() if box}
    if controls.horizon is not None:
        details["horizon"] = horizon(pixels_HWC)
    artwork = take_apart(pixels_HWC)
    if controls.palette:
        details["palette_distance"] = round(palette_delta_e(artwork, controls.palette), 2)
    return measure(pixels_HWC, artwork, palette).model_copy(
        update=details | _fit(pixels_HWC, controls) | _likeness(pixels_HWC, controls, style_images)
    )


def outlines(image: bytes, controls: Controls) -> bytes:
    """A PNG, JPEG or WebP of ours as SVG, in its palette if it has one. Raises InvalidRequest for what is not flat."""
    with Image.open(io.BytesIO(image)) as opened:
        return trace(read_pixels(opened), controls.palette)


def _fit(pixels_HWC: np.ndarray, controls: Controls) -> dict[str, float]:
    """How the icon lies on the keyline that was asked for."""
    found = controls.keyline and fit(pixels_HWC[..., :3], keyline_of(controls.keyline))
    if not found:
        return {}
    return {
        "keyline_fill": round(found.fill, 4),
        "keyline_offset": round(found.offset, 4),
        "outside_keyline": round(found.outside, 4),
    }


def _likeness(pixels_HWC: np.ndarray, controls: Controls, images: Sequence[bytes | None]) -> dict[str, float]:
    """To the style images, of each what is seen, where it is heard: of style by their weights, of leakage the most."""
    found = []
    for reference, image in zip(controls.references, images, strict=False):
        if image is not None and reference.weight > 0:
            with Image.open(io.BytesIO(image)) as opened:
                reference_HWC = middle_of(read_pixels(opened))
            part_HWC = part_of(pixels_HWC, reference.box) if reference.box else pixels_HWC
            found.append(
                (reference.weight, style_similarity(part_HWC, reference_HWC), leakage(part_HWC, reference_HWC))
            )
    if not found:
        return {}
    weights, similarities, leakages = zip(*found, strict=True)
    return {
        "style_similarity": round(float(np.average(similarities, weights=weights)), 4),
        "leakage": round(max(leakages), 4),
    }


def read_pixels(image: Image.Image) -> np.ndarray:
    """RGB or RGBA, uint8, no side over MAX_WORKED_PX."""
    shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    # By whole numbers first: a picture of 32 megapixels in floats would take a gigabyte.
    shown = shown.reduce(max(1, max(shown.size) // (2 * MAX_WORKED_PX)))
    pixels_HWC, long_px = np.asarray(shown), max(shown.size)
    if long_px <= MAX_WORKED_PX:
        return pixels_HWC
    width_px, height_px = (max(1, round(side_px * MAX_WORKED_PX / long_px)) for side_px in shown.size)
    return scaled(pixels_HWC, width_px, height_px)[..., : pixels_HWC.shape[2]]


def pack(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(entry(path), content)
    return buffer.getvalue()


def _warnings(artwork: Artwork, scores: ImageScores, pixels_HWC: np.ndarray) -> tuple[str, ...]:
    side_px, contrast, legibility = min(pixels_HWC.shape[:2]), scores.contrast_ratio, scores.legibility_16px
    found = []
    if side_px < MASTER_PX:
        found.append(f"made larger: the image has {side_px} pixels, the largest icon {MASTER_PX}")
    if artwork.is_picture:
        found.append("subject and ground can't be told apart: nothing was placed, and there is no shape to tint")
    elif scores.separation < CERTAIN:
        found.append(f"subject and ground are told apart with a confidence of {scores.separation}")
    if contrast is not None and contrast < MIN_CONTRAST:
        found.append(f"the contrast is {contrast}: WCAG 1.4.11 asks {MIN_CONTRAST:g}")
    if legibility is not None and legibility < LEGIBLE:
        found.append(f"at 16 pixels {legibility:.0%} of the shape is read")
    return tuple(found)
