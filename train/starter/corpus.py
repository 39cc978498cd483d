"""Captions without pictures, and as numbers what the pictures would show: what the text stage learns from.

Shapes: N captions, F labels, M glyph masks, S side.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image

from train.starter.attributes import IconAttributes, SplashAttributes
from train.starter.glyphs import GlyphSet

Attributes = IconAttributes | SplashAttributes

LABELS = (
    "subject", "foreground", "background", "container", "style", "position", "size",
    "scene", "aspect", "horizon", "copy_space", "celestial", "palette",
)  # fmt: skip
SHAPE_PX = 16  # side of a glyph's mask, shrunk
ABSENT = -1


class CaptionSource(Protocol):
    """`train.starter.examples.Examples`, or a stand-in."""

    @property
    def glyphs(self) -> GlyphSet: ...
    def caption(self, index: int) -> tuple[str, Attributes]: ...


@dataclass(frozen=True)
class Corpus:
    captions: tuple[str, ...]
    labels_NF: torch.Tensor  # int64, by LABELS; ABSENT where a picture has no such thing
    glyphs_N: torch.Tensor  # int64, places in `shapes_MSS`; ABSENT of a splash
    shapes_MSS: torch.Tensor  # float32, less their mean, in deviations of all their pixels

    @property
    def num_values(self) -> list[int]:
        """Of each label."""
        return (self.labels_NF.max(dim=0).values + 1).clamp(min=1).tolist()


def write_corpus(path: Path, source: CaptionSource, num_captions: int) -> None:
    """Nothing when the file is there, since it appears whole."""
    if path.exists():
        return
    captions, told = zip(*map(source.caption, range(num_captions)), strict=True)
    places = {key: place for place, key in enumerate(source.glyphs.masks)}
    glyphs = [places[one.subject, one.variant] if isinstance(one, IconAttributes) else ABSENT for one in told]
    labels = [_numbered([_value(one, name) for one in told]) for name in LABELS]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    np.savez(
        partial, captions=captions, labels_NF=np.stack(labels, axis=1), glyphs_N=glyphs,
        masks_MSS=np.stack([_shrunk(mask) for mask in source.glyphs.masks.values()]),
    )  # fmt: skip
    partial.replace(path)


def read_corpus(path: Path) -> Corpus:
    with np.load(path) as stored:
        masks_MSS = torch.from_numpy(stored["masks_MSS"]).float()
        centred_MSS = masks_MSS - masks_MSS.mean(dim=0)
        captions = tuple(stored["captions"].tolist())
        labels_NF, glyphs_N = (torch.from_numpy(stored[name]) for name in ("labels_NF", "glyphs_N"))
        return Corpus(captions, labels_NF, glyphs_N, centred_MSS / centred_MSS.square().mean().sqrt())


def _value(told: Attributes, name: str) -> str | None:
    """A splash's subject is its emblem."""
    if name == "subject" and isinstance(told, SplashAttributes):
        return told.emblem
    value: str | None = getattr(told, name, None)
    return value


def _numbered(values: list[str | None]) -> np.ndarray:
    present = sorted({value for value in values if value is not None})
    return np.array([ABSENT if value is None else present.index(value) for value in values])


def _shrunk(mask_HW: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(mask_HW).resize((SHAPE_PX, SHAPE_PX), Image.Resampling.BOX))
