"""Icons of web applications and pages: the manifest's, Apple's for the home screen, and favicons."""

from deployments.export.canvas import Canvas, masked
from deployments.export.files import Files, ico, json_text, png
from deployments.pixels.keylines import FULL_BLEED, MASKABLE, SMALL

MANIFEST_SIDES_PX = (192, 512)
APPLE_PX = 180
FAVICON_SIDES_PX = (16, 32, 48)
MASK_SIDE = 0.8  # of the canvas: what is within is never cut off
_CORNER = 0.22


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
    colour = "#{:02x}{:02x}{:02x}".format(*canvas.ground(1)[0, 0].tolist())
    manifest = {"name": name, "icons": entries, "background_color": colour, "theme_color": colour}
    return files | {"pwa/manifest.webmanifest": json_text(manifest)}


def favicon(canvas: Canvas, name: str) -> Files:  # noqa: ARG001
    """Each size is drawn for itself; the smallest have the largest subject."""
    pictures = [masked(canvas.icon(SMALL, side_px), _CORNER) for side_px in FAVICON_SIDES_PX]
    return {"favicon/favicon.ico": ico(pictures)}


def _icon(canvas: Canvas, purpose: str, side_px: int) -> bytes:
    if purpose == "maskable":
        return png(canvas.icon(MASKABLE, side_px, MASK_SIDE))
    return png(masked(canvas.icon(FULL_BLEED, side_px), _CORNER))
