"""Web applications and pages: the manifest's icons, Apple's for the home screen, its launch screens, and favicons."""

import json

import numpy as np

from deployments.export.canvas import Canvas, masked
from deployments.export.files import Files, ico, jpeg, json_text, png
from deployments.export.launch import Launch, Theme, hexadecimal, orientations
from deployments.pixels.keylines import FULL_BLEED, MASKABLE, SMALL

MANIFEST, LINKS = "pwa/manifest.webmanifest", "pwa/startup-images.html"
MANIFEST_SIDES_PX = (192, 512)
APPLE_PX = 180
FAVICON_SIDES_PX = (16, 32, 48)
MASK_SIDE = 0.8  # of the canvas: what is within is never cut off
_CORNER = 0.22
# Portrait pixels of iPhones and iPads by their scale, as Apple's "Device screen sizes" lists them.
STARTUP_PX: dict[int, tuple[tuple[int, int], ...]] = {
    3: ((1320, 2868), (1206, 2622), (1290, 2796), (1179, 2556), (1284, 2778), (1170, 2532), (1125, 2436), (1242, 2688),
        (1242, 2208), (1260, 2736), (1080, 2340)),
    2: ((828, 1792), (750, 1334), (640, 1136), (2048, 2732), (2064, 2752), (1668, 2388), (1668, 2420), (1668, 2224),
        (1640, 2360), (1620, 2160), (1536, 2048), (1488, 2266)),
}  # fmt: skip


def pwa(canvas: Canvas, name: str) -> Files:
    """Purposes are kept apart: an icon for any place has its own corners, a maskable one gets its platform's."""
    files: Files = {"pwa/icons/apple-touch-icon.png": png(canvas.icon(FULL_BLEED, APPLE_PX))}
    entries = []
    for side_px in MANIFEST_SIDES_PX:
        for purpose in ("any", "maskable"):
            path = f"icons/{purpose}-{side_px}.png"
            files[f"pwa/{path}"] = _icon(canvas, purpose, side_px)
            size = f"{side_px}x{side_px}"
            entries.append({"src": path, "sizes": size, "type": "image/png", "purpose": purpose})
    colour = hexadecimal(canvas.ground(1)[0, 0].tolist())
    manifest = {"name": name, "icons": entries, "background_color": colour, "theme_color": colour}
    return files | {MANIFEST: json_text(manifest)}


def pwa_launch(launch: Launch) -> Files:
    """A picture for each screen of Apple's, the links that name them, and a manifest with the colours for the others.

    JPEG, as is usual here: as PNG they would take many times the space. Only what pictures were drawn for is held.
    """
    files: Files = pwa(launch.icon, launch.name) if launch.has_icon else {}
    links = []
    for theme, pictures in launch.scenes.items():
        for scale, size in ((scale, size) for scale, sizes in STARTUP_PX.items() for size in sizes):
            for orientation in orientations(pictures):
                width_px, height_px = size if orientation == "portrait" else size[::-1]
                href = f"startup/{theme}-{width_px}x{height_px}.jpg"
                files[f"pwa/{href}"] = jpeg(np.asarray(launch.scene(theme, width_px, height_px)))
                links.append(_link(href, theme, orientation, size, scale))
    manifest = json.loads(files.get(MANIFEST, b'{"icons": []}'))
    colour = hexadecimal(launch.colours["light"])
    manifest |= {"name": launch.name, "display": "standalone", "background_color": colour, "theme_color": colour}
    return files | {LINKS: "".join(links).encode(), MANIFEST: json_text(manifest)}


def favicon(canvas: Canvas, name: str) -> Files:  # noqa: ARG001
    """Each size is drawn for itself; the smallest have the largest subject."""
    pictures = [masked(canvas.icon(SMALL, side_px), _CORNER) for side_px in FAVICON_SIDES_PX]
    return {"favicon/favicon.ico": ico(pictures)}


def _icon(canvas: Canvas, purpose: str, side_px: int) -> bytes:
    if purpose == "maskable":
        return png(canvas.icon(MASKABLE, side_px, MASK_SIDE))
    return png(masked(canvas.icon(FULL_BLEED, side_px), _CORNER))


def _link(href: str, theme: Theme, orientation: str, size: tuple[int, int], scale: int) -> str:
    """Width and height are the upright device's, however it is held."""
    width, height = (side_px // scale for side_px in size)
    media = (
        f"(device-width: {width}px) and (device-height: {height}px) and "
        f"(-webkit-device-pixel-ratio: {scale}) and (orientation: {orientation})"
    )
    media = f"(prefers-color-scheme: dark) and {media}" if theme == "dark" else media
    return f'<link rel="apple-touch-startup-image" href="{href}" media="{media}">\n'
