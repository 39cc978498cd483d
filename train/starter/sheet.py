"""A sheet of drawn pictures: icons in rows, splashes below, each with its prompt."""

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Shown = tuple[str, np.ndarray]  # prompt, pixels [H, W, 3]

COLUMNS = 6
ICON_PX, SPLASH_PX = 176, 352  # of the square that holds a picture
TEXT_PX, LINE_PX, MAX_LINES = 12, 15, 4
GAP_PX = 12
CHARACTER_PX = 6.4  # of the built-in font at TEXT_PX, about
PAPER, INK = (255, 255, 255), (40, 44, 52)


def draw_sheet(icons: list[Shown], splashes: list[Shown]) -> Image.Image:
    rows = [icons[start : start + COLUMNS] for start in range(0, len(icons), COLUMNS)]
    strips = [*(_strip(row, ICON_PX) for row in rows), _strip(splashes, SPLASH_PX)]
    width, height = max(strip.width for strip in strips), sum(strip.height for strip in strips)
    sheet, top = Image.new("RGB", (width, height), PAPER), 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet


def _strip(pictures: list[Shown], side_px: int) -> Image.Image:
    height = side_px + MAX_LINES * LINE_PX + 2 * GAP_PX
    strip = Image.new("RGB", (len(pictures) * (side_px + GAP_PX) + GAP_PX, height), PAPER)
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(TEXT_PX)
    for place, (prompt, pixels_HWC) in enumerate(pictures):
        left = GAP_PX + place * (side_px + GAP_PX)
        picture = Image.fromarray(pixels_HWC)
        picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
        strip.paste(picture, (left, GAP_PX + side_px - picture.height))
        lines = textwrap.wrap(prompt, int(side_px / CHARACTER_PX), max_lines=MAX_LINES, placeholder=" …")
        draw.multiline_text((left, GAP_PX + side_px + 4), "\n".join(lines), INK, font, spacing=LINE_PX - TEXT_PX)
    return strip
