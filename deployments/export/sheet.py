"""A contact sheet: the icon as people will meet it, small and large, under every mask, on light and on dark."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deployments.export.android import LAYER_DP, SEEN_DP
from deployments.export.canvas import Canvas, masked
from deployments.pixels.keylines import ADAPTIVE, FULL_BLEED, MASKABLE, SMALL, Keyline
from deployments.pixels.light import over

WIDTH_PX, PANEL_PX, HEADER_PX = 1200, 420, 56
PANELS = (((246, 247, 249), (70, 76, 86)), ((22, 24, 29), (176, 182, 192)))  # ground and ink
SMALL_SIDES_PX = (16, 24, 32, 48, 64)
LARGE_PX = 160
MARGIN_PX = 40
_IOS_CORNER = 0.225


def contact_sheet(canvas: Canvas, name: str) -> np.ndarray:
    """RGB, uint8."""
    sheet = Image.new("RGB", (WIDTH_PX, HEADER_PX + len(PANELS) * PANEL_PX), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    title = "".join(letter if letter.isprintable() else " " for letter in name)
    draw.text((MARGIN_PX, HEADER_PX / 2), title[:60], (20, 22, 26), ImageFont.load_default(24), anchor="lm")
    for number, (ground, ink) in enumerate(PANELS):
        top = HEADER_PX + number * PANEL_PX
        draw.rectangle((0, top, WIDTH_PX, top + PANEL_PX), fill=ground)
        _draw_large(sheet, canvas, top + MARGIN_PX, ink)
        _draw_small(sheet, canvas, top + MARGIN_PX + LARGE_PX + 72, ink)
    return np.asarray(sheet)


def _draw_large(sheet: Image.Image, canvas: Canvas, top: int, ink: tuple[int, int, int]) -> None:
    ios_HWC = masked(canvas.icon(FULL_BLEED, LARGE_PX), _IOS_CORNER)
    adaptive_HWC = _adaptive(canvas)
    shown = {
        "iOS": ios_HWC,
        "Android, circle": masked(adaptive_HWC, 0.5),
        "Android, square": masked(adaptive_HWC, 0.3),
        "maskable, circle": masked(canvas.icon(MASKABLE, LARGE_PX, 0.8), 0.5),
        "themed": _themed(canvas),
    }
    step_px = (WIDTH_PX - 2 * MARGIN_PX - LARGE_PX) // (len(shown) - 1)
    for number, (label, pixels_HWC) in enumerate(shown.items()):
        _put(sheet, pixels_HWC, MARGIN_PX + number * step_px, top, label, ink)


def _draw_small(sheet: Image.Image, canvas: Canvas, top: int, ink: tuple[int, int, int]) -> None:
    left = MARGIN_PX
    for side_px in SMALL_SIDES_PX:
        keyline: Keyline = SMALL if side_px <= 48 else FULL_BLEED
        pixels_HWC = masked(canvas.icon(keyline, side_px), 0.22)
        _put(sheet, pixels_HWC, left, top + SMALL_SIDES_PX[-1] - side_px, f"{side_px}", ink)
        left += side_px + MARGIN_PX


def _adaptive(canvas: Canvas) -> np.ndarray:
    """What a device shows of both layers."""
    layer_px = round(LARGE_PX * LAYER_DP / SEEN_DP)
    cut_px = (layer_px - LARGE_PX) // 2
    whole_HWC = canvas.icon(ADAPTIVE, layer_px, SEEN_DP / LAYER_DP)
    return whole_HWC[cut_px : cut_px + LARGE_PX, cut_px : cut_px + LARGE_PX]


def _themed(canvas: Canvas) -> np.ndarray:
    """Tinted by the system; of a picture, as it is."""
    if canvas.artwork.is_picture:
        return masked(_adaptive(canvas), 0.5)
    layer_px = round(LARGE_PX * LAYER_DP / SEEN_DP)
    cut_px = (layer_px - LARGE_PX) // 2
    tinted_HWC = canvas.monochrome(ADAPTIVE, layer_px).copy()
    tinted_HWC[..., :3] = (30, 66, 90)
    pale_HWC = np.full((layer_px, layer_px, 3), (198, 224, 236), np.uint8)
    return masked(over(tinted_HWC, pale_HWC)[cut_px : cut_px + LARGE_PX, cut_px : cut_px + LARGE_PX], 0.5)


def _put(
    sheet: Image.Image, pixels_HWC: np.ndarray, left: int, top: int, label: str, ink: tuple[int, int, int]
) -> None:  # fmt: skip
    image = Image.fromarray(pixels_HWC)
    sheet.paste(image, (left, top), image)
    below = left + image.width / 2, top + image.height + 10
    ImageDraw.Draw(sheet).text(below, label, ink, ImageFont.load_default(15), anchor="ma")
