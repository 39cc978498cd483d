"""Xcode's asset catalogue: one picture of 1024 since Xcode 14, or all sizes for projects that are older.

Apple refuses an icon with an alpha channel even where all of it is opaque, and cuts the corners itself.
"""

from deployments.export.canvas import Canvas
from deployments.export.files import Files, json_text, png
from deployments.pixels.keylines import FULL_BLEED

MASTER_PX = 1024
SINGLE = "ios/AppIcon.appiconset"
CLASSIC = "ios/classic/AppIcon.appiconset"
_INFO = {"author": "xcode", "version": 1}
POINTS: tuple[tuple[str, str, tuple[int, ...]], ...] = (  # idiom, size in points, scales
    ("iphone", "20", (2, 3)), ("iphone", "29", (2, 3)), ("iphone", "40", (2, 3)), ("iphone", "60", (2, 3)),
    ("ipad", "20", (1, 2)), ("ipad", "29", (1, 2)), ("ipad", "40", (1, 2)), ("ipad", "76", (1, 2)),
    ("ipad", "83.5", (2,)), ("ios-marketing", "1024", (1,)),
)  # fmt: skip


def ios(canvas: Canvas, name: str) -> Files:  # noqa: ARG001
    master = png(canvas.icon(FULL_BLEED, MASTER_PX))
    one = {"filename": "icon.png", "idiom": "universal", "platform": "ios", "size": "1024x1024"}
    files = {
        f"{SINGLE}/icon.png": master,
        f"{SINGLE}/Contents.json": json_text({"images": [one], "info": _INFO}),
        f"{CLASSIC}/Contents.json": json_text({"images": _entries(), "info": _INFO}),
    }
    for side_px in sorted({_side_px(points, scale) for _, points, scales in POINTS for scale in scales}):
        content = master if side_px == MASTER_PX else png(canvas.icon(FULL_BLEED, side_px))
        files[f"{CLASSIC}/icon-{side_px}.png"] = content
    return files


def _entries() -> list[dict[str, str]]:
    return [
        {
            "filename": f"icon-{_side_px(points, scale)}.png", "idiom": idiom, "scale": f"{scale}x",
            "size": f"{points}x{points}",
        }
        for idiom, points, scales in POINTS for scale in scales
    ]  # fmt: skip


def _side_px(points: str, scale: int) -> int:
    return round(float(points) * scale)
