"""Draws an app icon from its attributes: a glyph on a background, in one of seven styles."""

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from train.starter.attributes import IconAttributes
from train.starter.colours import BACKDROP, RGB, mix
from train.starter.containers import CANVAS_PX, container_mask
from train.starter.glyphs import GlyphSet

BLACK, WHITE = (0, 0, 0), (255, 255, 255)
SIZE_PX = (CANVAS_PX, CANVAS_PX)
Box = tuple[int, int, int, int]


def draw_icon(icon: IconAttributes, glyphs: GlyphSet) -> np.ndarray:
    """uint8 of (CANVAS_PX, CANVAS_PX, 3)."""
    container = container_mask(icon.container, icon.margin_px)
    side = icon.glyph_px
    glyph = Image.fromarray(glyphs.masks[icon.subject, icon.variant]).resize((side, side), Image.Resampling.BILINEAR)
    left, top = icon.centre_px[0] - side // 2, icon.centre_px[1] - side // 2
    canvas = Image.new("RGB", SIZE_PX, BACKDROP)
    if icon.style == "soft 3D" and icon.container != "none":
        _cast_shadow(canvas, container, (0, 0), BACKDROP, drop_px=5)
    canvas.paste(_background(icon), mask=container)
    if icon.style == "long shadow":
        canvas.paste(
            _shade_of(icon.background_rgb), mask=ImageChops.multiply(_long_shadow(glyph, left, top), container)
        )
    if icon.style == "soft 3D":
        _draw_soft(canvas, icon, glyph, container, left, top)
    else:
        canvas.paste(icon.foreground_rgb, (left, top), glyph)
    return np.asarray(canvas)


def _background(icon: IconAttributes) -> Image.Image:
    colour = icon.background_rgb
    if icon.style == "gradient":
        reach = 0.24 if 100 < sum(colour) < 720 else 0.07  # black and white have one side only to shade to
        return _ramp(mix(colour, WHITE, reach), mix(colour, BLACK, reach), SIZE_PX, is_diagonal=True)
    if icon.style == "soft 3D":
        return _ramp(mix(colour, WHITE, 0.12), mix(colour, BLACK, 0.12), SIZE_PX)
    return Image.new("RGB", SIZE_PX, colour)


def _ramp(first: RGB, last: RGB, size_px: tuple[int, int], is_diagonal: bool = False) -> Image.Image:
    """From the top, or the top left, down."""
    width, height = size_px
    shares = np.linspace(0, 1, height)[:, None]
    if is_diagonal:
        shares = (shares + np.linspace(0, 1, width)[None, :]) / 2
    lookup = (np.array(first) + np.linspace(0, 1, 256)[:, None] * (np.array(last) - np.array(first)) + 0.5).astype(
        np.uint8
    )
    return Image.fromarray(lookup[np.broadcast_to((shares * 255).astype(np.uint8), (height, width))])


def _shade_of(colour: RGB) -> RGB:
    """Of a shadow on it; dark ground is lit instead, else no shadow is seen."""
    return mix(colour, WHITE, 0.16) if sum(colour) < 180 else mix(colour, BLACK, 0.26)


def _long_shadow(glyph: Image.Image, left: int, top: int) -> Image.Image:
    """The glyph drawn out to the bottom right edge of the canvas, its reach doubled each time."""
    shadow = Image.new("L", SIZE_PX)
    shadow.paste(glyph, (left, top))
    reach = 1
    while reach < CANVAS_PX:
        shadow = ImageChops.lighter(shadow, moved(shadow, reach, reach))
        reach *= 2
    return shadow


def moved(mask: Image.Image, dx: int, dy: int) -> Image.Image:
    canvas = Image.new("L", mask.size)
    canvas.paste(mask, (dx, dy))
    return canvas


def _cast_shadow(canvas: Image.Image, mask: Image.Image, at: tuple[int, int], ground: RGB, drop_px: int) -> None:
    pad = 3 * drop_px
    wide = Image.new("L", (mask.width + 2 * pad, mask.height + 2 * pad))
    wide.paste(mask, (pad, pad))
    blurred = wide.filter(ImageFilter.BoxBlur(drop_px)).point(lambda alpha: alpha * 0.6)
    canvas.paste(mix(ground, BLACK, 0.6), (at[0] - pad, at[1] - pad + drop_px), blurred)


def _draw_soft(
    canvas: Image.Image, icon: IconAttributes, glyph: Image.Image, container: Image.Image, left: int, top: int
) -> None:
    """Rounded light from above on the container's and the glyph's edges, and the glyph's own shadow."""
    colour = icon.foreground_rgb
    if icon.container != "none":
        rim = ImageChops.subtract(container, moved(container, 0, 4)).filter(ImageFilter.BoxBlur(1))
        canvas.paste(mix(icon.background_rgb, WHITE, 0.5), mask=rim)
    _cast_shadow(canvas, glyph, (left, top), icon.background_rgb, drop_px=4)
    canvas.paste(_ramp(mix(colour, WHITE, 0.15), mix(colour, BLACK, 0.1), glyph.size), (left, top), glyph)
    lit = ImageChops.subtract(glyph, moved(glyph, 0, 2))
    shaded = ImageChops.subtract(glyph, moved(glyph, 0, -3)).point(lambda alpha: alpha * 0.7)
    canvas.paste(mix(colour, WHITE, 0.6), (left, top), lit)
    canvas.paste(mix(colour, BLACK, 0.28), (left, top), shaded)
