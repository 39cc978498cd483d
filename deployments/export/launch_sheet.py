"""A contact sheet of launch screens: each theme on a phone and a tablet, held both ways, and on Android."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deployments.export.android import SPLASH_DP, splash_icon
from deployments.export.launch import Launch, Theme, orientations
from deployments.export.sheet import HEADER_PX, MARGIN_PX, PANELS

PANEL_PX = 460
SCREENS = (("phone", 166, 360), ("tablet", 270, 360), ("phone, turned", 360, 166), ("tablet, turned", 360, 270))


def launch_sheet(launch: Launch) -> np.ndarray:
    """RGB, uint8."""
    width_px = 2 * MARGIN_PX + sum(width + MARGIN_PX for _, width, _ in SCREENS) + SCREENS[0][1]
    sheet = Image.new("RGB", (width_px, HEADER_PX + PANEL_PX * len(launch.scenes)), (255, 255, 255))
    title = "".join(letter if letter.isprintable() else " " for letter in launch.name)
    ImageDraw.Draw(sheet).text(
        (MARGIN_PX, HEADER_PX / 2), title[:60], (20, 22, 26), ImageFont.load_default(24), anchor="lm"
    )
    for number, theme in enumerate(launch.scenes):
        _draw_theme(sheet, launch, theme, HEADER_PX + number * PANEL_PX)
    return np.asarray(sheet)


def _draw_theme(sheet: Image.Image, launch: Launch, theme: Theme, top: int) -> None:
    ground, ink = PANELS[1 if theme == "dark" else 0]
    draw = ImageDraw.Draw(sheet)
    draw.rectangle((0, top, sheet.width, top + PANEL_PX), fill=ground)
    left = MARGIN_PX
    for label, picture in _screens(launch, theme):
        sheet.paste(picture, (left, top + MARGIN_PX))
        draw.text((left, top + MARGIN_PX + 370), label, ink, ImageFont.load_default(15), anchor="la")
        left += picture.width + MARGIN_PX


def _screens(launch: Launch, theme: Theme) -> Sequence[tuple[str, Image.Image]]:
    """What no picture was drawn for is left out."""
    held = orientations(launch.scenes[theme])
    shown = [
        (f"{label}, {theme}", launch.scene(theme, width_px, height_px))
        for label, width_px, height_px in SCREENS
        if ("portrait" if width_px < height_px else "landscape") in held
    ]
    _, width_px, height_px = SCREENS[0]
    android = Image.new("RGB", (width_px, height_px), launch.colours[theme])
    icon_px = round(width_px * SPLASH_DP / 393)
    icon = Image.fromarray(splash_icon(launch.icon, icon_px))
    android.paste(icon, ((width_px - icon_px) // 2, (height_px - icon_px) // 2), icon)
    return [*shown, (f"Android, {theme}", android)]
