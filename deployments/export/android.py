"""Android's launcher icons: adaptive ones in layers since version 8, whole ones before, and the Play store's; and the
splash screen that the system draws since version 12, an icon on a colour and nothing else.

A layer has 108 dp, of which devices show a mask of 72 that may be any shape; the circle of 66 is always seen.
"""

import numpy as np

from deployments.export.canvas import Canvas, masked
from deployments.export.files import Files, png
from deployments.export.launch import Launch, hexadecimal
from deployments.pixels.keylines import ADAPTIVE, FULL_BLEED, Keyline

DENSITIES = {"mdpi": 1.0, "hdpi": 1.5, "xhdpi": 2.0, "xxhdpi": 3.0, "xxxhdpi": 4.0}
LAYER_DP, SEEN_DP, SAFE_DP, LEGACY_DP = 108, 72, 66, 48
STORE_PX = 512
SPLASH_DP, CIRCLE_DP = 288, 192  # of a splash icon without a ground of its own, and what the mask leaves of it
SPLASH_SHARE = 0.97 * CIRCLE_DP / SPLASH_DP  # with some air
SPLASH = Keyline("circle", live_side=SPLASH_SHARE, optical_side=0.4)
RES = "android/res"
_INSET, _CORNER = 2 / 48, 0.18  # of whole icons: Material's keylines leave 2 of 48 dp free
_THEME = """<style name="Theme.App.Starting" parent="@android:style/Theme.DeviceDefault.DayNight">
        <item name="android:windowSplashScreenBackground">@color/splash_background</item>
        <item name="android:windowSplashScreenAnimatedIcon">@drawable/splash_icon</item>
    </style>"""
_LAYERS = ("background", "foreground", "monochrome")


def android(canvas: Canvas, name: str) -> Files:  # noqa: ARG001
    layers = _LAYERS[:2] if canvas.artwork.is_picture else _LAYERS
    files: Files = {}
    for density, px_per_dp in DENSITIES.items():
        folder, layer_px, legacy_px = f"{RES}/mipmap-{density}", _px(LAYER_DP, px_per_dp), _px(LEGACY_DP, px_per_dp)
        for layer in layers:
            files[f"{folder}/ic_launcher_{layer}.png"] = png(_layer(canvas, layer, layer_px))
        whole_HWC = canvas.icon(FULL_BLEED, legacy_px)
        files[f"{folder}/ic_launcher.png"] = png(masked(whole_HWC, _CORNER, _INSET))
        files[f"{folder}/ic_launcher_round.png"] = png(masked(whole_HWC, 0.5, _INSET))
    for file in ("ic_launcher", "ic_launcher_round"):
        files[f"{RES}/mipmap-anydpi-v26/{file}.xml"] = _xml(layers)
    files["android/play-store-512.png"] = png(canvas.icon(FULL_BLEED, STORE_PX))
    return files


def android_splash(launch: Launch) -> Files:
    """The icon in every density, and the theme that names it with its colours by day and by night."""
    files: Files = {}
    for density, px_per_dp in DENSITIES.items():
        files[f"{RES}/drawable-{density}/splash_icon.png"] = png(splash_icon(launch.icon, _px(SPLASH_DP, px_per_dp)))
    for theme, colour in launch.colours.items():
        path = f"{RES}/{'values-night' if theme == 'dark' else 'values'}/splash_colors.xml"
        files[path] = _resources(f'<color name="splash_background">{hexadecimal(colour)}</color>')
    return files | {f"{RES}/values-v31/themes.xml": _resources(_THEME)}


def _layer(canvas: Canvas, layer: str, side_px: int) -> np.ndarray:
    """A picture has no subject: it is the background, and nothing lies before it."""
    if layer == "foreground":
        return canvas.subject(ADAPTIVE, side_px)
    if layer == "monochrome":
        return canvas.monochrome(ADAPTIVE, side_px)
    return canvas.icon(ADAPTIVE, side_px, SEEN_DP / LAYER_DP) if canvas.artwork.is_picture else canvas.ground(side_px)


def _xml(layers: tuple[str, ...]) -> bytes:
    """Every adaptive icon has a background and a foreground; one in one colour only where there is a shape to tint."""
    lines = [f'    <{layer} android:drawable="@mipmap/ic_launcher_{layer}" />' for layer in layers]
    return "\n".join([
        '<?xml version="1.0" encoding="utf-8"?>',
        '<adaptive-icon xmlns:android="http://schemas.android.com/apk/res/android">', *lines, "</adaptive-icon>", "",
    ]).encode()  # fmt: skip


def splash_icon(canvas: Canvas, side_px: int) -> np.ndarray:
    """RGBA. A picture that has no subject fills the circle."""
    if not canvas.artwork.is_picture:
        return canvas.subject(SPLASH, side_px)
    return masked(canvas.icon(SPLASH, side_px, SPLASH_SHARE), 0.5, (1 - SPLASH_SHARE) / 2)


def _resources(content: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<resources>\n    {content}\n</resources>\n'.encode()


def _px(size_dp: int, px_per_dp: float) -> int:
    return round(size_dp * px_per_dp)
