"""Xcode's asset catalogue: icons, one picture of 1024 since Xcode 14 or all sizes for older projects; launch screens.

Apple refuses an icon with an alpha channel even where all of it is opaque, and cuts the corners itself.
"""

import plistlib

import numpy as np

from deployments.export.canvas import Canvas, Rgb
from deployments.export.files import Files, json_text, png
from deployments.export.launch import Launch
from deployments.pixels.keylines import FULL_BLEED

MASTER_PX = 1024
SINGLE = "ios/AppIcon.appiconset"
CLASSIC = "ios/classic/AppIcon.appiconset"
IMAGE_SET, COLOUR_SET = "ios/Splash.imageset", "ios/SplashBackground.colorset"
# The largest screens in points, with their scales; UIKit shows the middle on smaller ones. iPads are turned: a square.
SCREENS_PT: dict[str, tuple[int, int, tuple[int, ...]]] = {"iphone": (440, 956, (2, 3)), "ipad": (1376, 1376, (1, 2))}
_DARK = [{"appearance": "luminosity", "value": "dark"}]
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


def ios_launch(launch: Launch) -> Files:
    """An image set and a colour set, and what Info.plist says of them, which takes the storyboard's place."""
    files: Files = {}
    images, colours = [], []
    for theme in launch.scenes:
        appearance = {"appearances": _DARK} if theme == "dark" else {}
        colours.append(appearance | {"idiom": "universal", "color": _apple_colour(launch.colours[theme])})
        for idiom, (width_pt, height_pt, scales) in SCREENS_PT.items():
            for scale in scales:
                name = f"splash-{idiom}-{theme}@{scale}x.png"
                picture = launch.scene(theme, width_pt * scale, height_pt * scale)
                files[f"{IMAGE_SET}/{name}"] = png(np.asarray(picture))
                images.append(appearance | {"filename": name, "idiom": idiom, "scale": f"{scale}x"})
    files[f"{IMAGE_SET}/Contents.json"] = json_text({"images": images, "info": _INFO})
    files[f"{COLOUR_SET}/Contents.json"] = json_text({"colors": colours, "info": _INFO})
    screen = {
        "UIColorName": "SplashBackground",
        "UIImageName": "Splash",
        "UIImageRespectsSafeAreaInsets": False,
    }
    return files | {"ios/Info.plist": plistlib.dumps({"UILaunchScreen": screen})}


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


def _apple_colour(colour: Rgb) -> dict[str, object]:
    red, green, blue = (f"0x{value:02X}" for value in colour)
    components = {"red": red, "green": green, "blue": blue, "alpha": "1.000"}
    return {"color-space": "srgb", "components": components}
