"""Training icons, drawn once and kept small: views that the classifier learns from, thumbnails to find copies by.

A view is an icon's glyph, cut out, in colours relative to its own: uint8 of (2, VIEW_PX, VIEW_PX), how far each pixel
is on the way from the ground's named colour to the ink's, and how far beside that way. A thumbnail is uint8 of
(THUMBNAIL_PX, THUMBNAIL_PX, 3).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rich.progress import track

from train.starter.attributes import STYLES, IconAttributes
from train.starter.colours import COLOURS
from train.starter.containers import CANVAS_PX, container_mask
from train.starter.examples import Examples

VIEW_PX = 72
THUMBNAIL_PX = 32
CONTEXT = 1.3  # the view's side, of the ink's
INK_FROM = 0.65  # of the way from ground to ink
FURTHEST_BESIDE = 128.0  # in RGB
KEPT_CLEAR_PX = 26  # along a container's edge, where no ink is looked for


@dataclass(frozen=True)
class Gallery:
    views_N2VV: np.ndarray
    subjects_N: np.ndarray  # int64, places in the glyph set's subjects
    styles_N: np.ndarray  # int64, places in STYLES
    thumbnails_NTT3: np.ndarray

    def __len__(self) -> int:
        return len(self.views_N2VV)


def open_gallery(work: Path, examples: Examples, num_icons: int) -> Gallery:
    """The first `num_icons` of `examples`; drawn when they are not in `work` yet."""
    path = work / f"gallery-{num_icons}.npz"
    if not path.exists():
        rows = [_row(examples, index) for index in track(range(num_icons), "drawing the gallery")]
        columns = [np.stack(column) for column in zip(*rows, strict=True)]
        work.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}")
        np.savez(partial, *columns)
        partial.replace(path)
    with np.load(path) as stored:
        return Gallery(*(stored[name] for name in stored.files))


def _row(examples: Examples, index: int) -> tuple[np.ndarray, ...]:
    example = examples.icon(index)
    icon = example.attributes
    assert isinstance(icon, IconAttributes)
    view = view_of(example.pixels_HWC, icon.container, icon.background, icon.foreground)
    subject = examples.sampler.names.index(icon.subject)
    return view, np.array(subject), np.array(STYLES.index(icon.style)), thumbnail(example.pixels_HWC)


def thumbnail(pixels_HWC: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(pixels_HWC).resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX))


def view_of(pixels_HWC: np.ndarray, container: str, background: str, foreground: str) -> np.ndarray:
    ground_3, ink_3 = (np.array(COLOURS[name], np.float32) for name in (background, foreground))
    way_3 = ink_3 - ground_3
    off_HW3 = pixels_HWC - ground_3
    share_HW = off_HW3 @ way_3 / max(float(way_3 @ way_3), 1.0)  # a picture of one colour has no way
    beside_HW = np.linalg.norm(off_HW3 - share_HW[:, :, None] * way_3, axis=2)
    inside = np.asarray(container_mask(container, KEPT_CLEAR_PX if container != "none" else 0)) > 127
    box = _square_around(inside & (share_HW > INK_FROM))
    levels = np.stack([(_cut(share_HW, box) + 0.5) / 2, _cut(beside_HW, box) / FURTHEST_BESIDE])
    return np.asarray((levels.clip(0, 1) * 255).round(), np.uint8)


def _square_around(is_ink_HW: np.ndarray) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of a square that holds nearly all the ink, with room; it may lie over the edge."""
    ys, xs = np.nonzero(is_ink_HW)
    if not len(xs):
        return (0, 0, CANVAS_PX, CANVAS_PX)
    (left, right), (top, bottom) = (np.percentile(line, (0.5, 99.5)) for line in (xs, ys))
    x, y = (left + right) / 2, (top + bottom) / 2
    reach = CONTEXT * max(right - left, bottom - top, 16) / 2
    return (round(x - reach), round(y - reach), round(x + reach), round(y + reach))


def _cut(values_HW: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    part = Image.fromarray(np.asarray(values_HW, np.float32)).crop(box)  # beyond the edge: 0, which is ground
    return np.asarray(part.resize((VIEW_PX, VIEW_PX), Image.Resampling.BILINEAR))
