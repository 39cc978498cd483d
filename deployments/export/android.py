"""Android's launcher icons: adaptive ones in layers since version 8, whole ones before, and the Play store's.

A layer has 108 dp, of which devices show a mask of 72 that may be any shape; the circle of 66 is always seen.
"""

import numpy as np

from deployments.export.canvas import Canvas, masked
from deployments.export.files import Files, png
from deployments.pixels.keylines import ADAPTIVE, FULL_BLEED

DENSITIES = {"mdpi": 1.0, "hdpi": 1.5, "xhdpi": 2.0, "xxhdpi": 3.0, "xxxhdpi": 4.0}
LAYER_DP, SEEN_DP, SAFE_DP, LEGACY_DP = 108, 72, 66, 48
STORE_PX = 512
RES = "android/res"
_INSET, _CORNER = 2 / 48, 0.18  # of whole icons: Material's keylines leave 2 of 48 dp free
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


def _px(size_dp: int, px_per_dp: float) -> int:
    return round(size_dp * px_per_dp)
