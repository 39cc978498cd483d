"""A set's files: a picture of each item, or all that platforms want of it, with one contact sheet of the whole."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from math import ceil

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deployments.export.bundle import MAX_WORKED_PX, ExportRequest, export, read_pixels
from deployments.export.files import Files, png
from deployments.pixels.light import over, scaled
from deployments.pixels.look import Look, look_at

SHEET_COLUMNS, CELL_PX, LARGE_PX, HEADER_PX = 6, 200, 128, 56
SMALL_SIDES_PX = (48, 24, 16)
GROUND, INK = (246, 247, 249), (20, 22, 26)
MAX_NAME_CHARS = 40


def look(image: bytes) -> Look:
    """Of a PNG, JPEG or WebP of ours."""
    return look_at(_read(image))


def name_of(position: int, subject: str) -> str:
    """Of an item's file or folder: in the set's order, and safe on any system."""
    plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:MAX_NAME_CHARS].strip("-")
    return f"{position + 1:02d}-{words}" if words else f"{position + 1:02d}"


def picture(image: bytes, name: str) -> Files:
    """The image itself, as PNG."""
    with Image.open(io.BytesIO(image)) as opened:
        if opened.format == "PNG":
            return {f"{name}.png": image}
        return {f"{name}.png": png(np.asarray(opened.convert("RGBA" if opened.has_transparency_data else "RGB")))}


def bundle(image: bytes, name: str, request: ExportRequest) -> Files:
    """All that platforms want of it, in a folder. Takes seconds of a processor."""
    with zipfile.ZipFile(io.BytesIO(export(image, request))) as archive:
        return {f"{name}/{path}": archive.read(path) for path in archive.namelist()}


def thumbnails(image: bytes) -> list[np.ndarray]:
    """For the sheet, the largest first: RGB, uint8, on the sheet's ground."""
    pixels_HWC = _read(image)
    return [_fitted(pixels_HWC, side_px) for side_px in (LARGE_PX, *SMALL_SIDES_PX)]


def set_sheet(name: str, items: Sequence[tuple[str, Sequence[np.ndarray]]]) -> bytes:
    """A PNG. `items`: what each shows, and its thumbnails."""
    num_rows = max(1, ceil(len(items) / SHEET_COLUMNS))
    sheet = Image.new("RGB", (SHEET_COLUMNS * CELL_PX, HEADER_PX + num_rows * CELL_PX), GROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((24, HEADER_PX / 2), _printable(name)[:60], INK, ImageFont.load_default(24), anchor="lm")
    for number, (subject, pictures) in enumerate(items):
        left, top = number % SHEET_COLUMNS * CELL_PX, HEADER_PX + number // SHEET_COLUMNS * CELL_PX
        _draw_item(sheet, left, top, _printable(subject), pictures)
    return png(np.asarray(sheet))


def _draw_item(sheet: Image.Image, left: int, top: int, subject: str, pictures: Sequence[np.ndarray]) -> None:
    large_HWC, *small = pictures
    sheet.paste(Image.fromarray(large_HWC), (left + 8, top + 8))
    down = top + 8
    for small_HWC in small:
        sheet.paste(Image.fromarray(small_HWC), (left + LARGE_PX + 16, down))
        down += small_HWC.shape[0] + 8
    font = ImageFont.load_default(13)
    while subject and font.getlength(subject) > CELL_PX - 16:
        subject = subject[:-1]
    ImageDraw.Draw(sheet).text((left + 8, top + LARGE_PX + 16), subject, INK, font, anchor="la")


def _fitted(pixels_HWC: np.ndarray, side_px: int) -> np.ndarray:
    height, width = pixels_HWC.shape[:2]
    shrink = max(height, width) / side_px
    small_HWC = scaled(pixels_HWC, max(1, round(width / shrink)), max(1, round(height / shrink)))
    return over(small_HWC, np.broadcast_to(np.array(GROUND, np.uint8), (*small_HWC.shape[:2], 3)))


def _read(image: bytes) -> np.ndarray:
    """No side over MAX_WORKED_PX."""
    with Image.open(io.BytesIO(image)) as opened:
        pixels_HWC = read_pixels(opened)
    assert max(pixels_HWC.shape[:2]) <= MAX_WORKED_PX
    return pixels_HWC


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
