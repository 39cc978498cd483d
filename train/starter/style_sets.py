"""Small data sets, each in a style of its own, drawn by code, for a LoRA to learn.

A set is a folder as `train.data` reads it: pictures, and `metadata.jsonl` with their captions and licences.
"""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image, ImageChops, ImageFilter

from train.starter.colours import COLOURS, RGB, mix, readable_pairs
from train.starter.containers import CANVAS_PX
from train.starter.glyphs import GlyphSet
from train.starter.icons import BLACK, WHITE, moved

NUM_PICTURES = 40
LICENCE = "MIT"  # of the glyphs, which are Phosphor's
BORDER_PX, BORDER_ALPHA, DROP_PX = 10, 6, 6  # of a sticker: its border ends where a blur of the glyph does
STROKE_PX, OFFSET_PX = 4, 9  # of an outline, and of the colour that was printed beside it
SIDE_PX = 140  # of the square that holds a glyph

Draw = Callable[[Image.Image, RGB, RGB], Image.Image]  # of a glyph's mask, its colour and the ground's


def draw_sticker(glyph: Image.Image, ink: RGB, ground: RGB) -> Image.Image:
    """Cut out with a white border, and stuck on: its shadow falls on the ground."""
    cut = glyph.filter(ImageFilter.GaussianBlur(BORDER_PX / 2)).point(lambda alpha: 255 * (alpha > BORDER_ALPHA))
    cut = cut.filter(ImageFilter.BoxBlur(1))
    shadow = moved(cut, 0, DROP_PX).filter(ImageFilter.BoxBlur(DROP_PX)).point(lambda alpha: alpha * 0.6)
    canvas = Image.new("RGB", glyph.size, ground)
    canvas.paste(mix(ground, BLACK, 0.6), mask=shadow)
    canvas.paste(WHITE, mask=cut)
    canvas.paste(ink, mask=glyph)
    return canvas


def draw_outline(glyph: Image.Image, ink: RGB, ground: RGB) -> Image.Image:
    """The glyph's contour in dark ink; its colour lies beside it, as in a print whose plates are off."""
    inner, outer = (glyph.filter(kind(2 * STROKE_PX + 1)) for kind in (ImageFilter.MinFilter, ImageFilter.MaxFilter))
    contour = ImageChops.subtract(outer, inner).filter(ImageFilter.BoxBlur(1))
    canvas = Image.new("RGB", glyph.size, mix(ground, WHITE, 0.82))
    canvas.paste(mix(ink, WHITE, 0.2), mask=moved(glyph, OFFSET_PX, OFFSET_PX))
    canvas.paste(COLOURS["navy"], mask=contour)
    return canvas


STYLE_SETS: dict[str, Draw] = {"sticker": draw_sticker, "glyph-outline": draw_outline}  # by the word that calls them


def write_style_set(folder: Path, name: str, glyphs: GlyphSet, seed: int = 0) -> None:
    """Replaces what lies there under the same names."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, pairs, notes = Random(f"{seed}/{name}"), readable_pairs(), []
    subjects = [subject.name for subject in glyphs.subjects]
    for index in range(NUM_PICTURES):
        subject, (foreground, background) = rng.choice(subjects), rng.choice(pairs)
        picture = STYLE_SETS[name](_placed(glyphs, subject), COLOURS[foreground], COLOURS[background])
        file = f"{name}-{index:02}.png"
        picture.save(folder / file)
        text = f"{name} {foreground} {subject} icon on a {background} background"
        notes.append({"file_name": file, "text": text, "license": LICENCE, "may_flip": False})
    (folder / "metadata.jsonl").write_text("".join(json.dumps(note) + "\n" for note in notes))


def _placed(glyphs: GlyphSet, subject: str) -> Image.Image:
    """In the middle of a canvas."""
    mask = Image.fromarray(glyphs.masks[subject, "fill"]).resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
    canvas = Image.new("L", (CANVAS_PX, CANVAS_PX))
    canvas.paste(mask, ((CANVAS_PX - SIDE_PX) // 2, (CANVAS_PX - SIDE_PX) // 2))
    return canvas
