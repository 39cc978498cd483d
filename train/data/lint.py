"""What a person should look at before training on a data set: nothing here is an error."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from PIL import Image

from train.data.data_set import DataSet

HASH_PX = 32  # a picture's side before its frequencies are read
HASH_LOW = 8  # frequencies each way
MAX_HASH_DISTANCE = 4  # of 64 bits, between pictures that look alike
MAX_Z = 3.5  # Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993
COLOUR_LEVELS = 4


@dataclass(frozen=True)
class Finding:
    kind: str
    names: tuple[str, ...]
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.words}: {', '.join(self.names)}"


def lint(data: DataSet, target_px: int) -> list[Finding]:
    """`target_px`: the side that pictures are drawn at; smaller ones are blown up."""
    names, hashes, looks = [], [], []
    for sample, picture in data.pictures():
        shown = _on_grey(picture)
        names.append(sample.name)
        hashes.append(perceptual_hash(shown))
        looks.append(_look(shown))
    return [*_duplicates(names, hashes), *_outliers(names, np.stack(looks)), *_told(data, target_px)]


def perceptual_hash(picture: Image.Image) -> np.ndarray:
    """64 booleans: which low frequencies are above their median (pHash, https://www.phash.org)."""
    grey = np.asarray(picture.convert("L").resize((HASH_PX, HASH_PX), Image.Resampling.BOX), np.float64)
    places = np.arange(HASH_PX)
    cosines = np.cos(np.pi * np.outer(np.arange(HASH_LOW), 2 * places + 1) / (2 * HASH_PX))
    low = (cosines @ grey @ cosines.T).ravel()
    return np.asarray(low > np.median(low[1:]))


def _duplicates(names: Sequence[str], hashes: Sequence[np.ndarray]) -> list[Finding]:
    """Pairs; icons on one ground differ in few frequencies, so only what is all but equal counts."""
    return [
        Finding("duplicates", (names[one], names[other]), "look alike")
        for one, other in combinations(range(len(names)), 2)
        if (hashes[one] != hashes[other]).sum() <= MAX_HASH_DISTANCE
    ]


def _outliers(names: Sequence[str], looks_NF: np.ndarray) -> list[Finding]:
    distance_N = np.abs(looks_NF - np.median(looks_NF, axis=0)).sum(axis=1)
    off_N = np.abs(distance_N - np.median(distance_N))
    spread = max(float(np.median(off_N)), 1e-6)
    return [
        Finding("outlier", (name,), f"colours and edges unlike the rest's (z {z:.1f})")
        for name, z in zip(names, 0.6745 * (distance_N - np.median(distance_N)) / spread, strict=True)
        if z > MAX_Z
    ]


def _look(picture: Image.Image) -> np.ndarray:
    """How the colours are shared out, and how much changes from pixel to pixel: style, as far as pixels tell."""
    pixels = np.asarray(picture.resize((64, 64), Image.Resampling.BOX), np.int64)
    level = pixels * COLOUR_LEVELS // 256
    cell = (level[..., 0] * COLOUR_LEVELS + level[..., 1]) * COLOUR_LEVELS + level[..., 2]
    share = np.sort(np.bincount(cell.ravel(), minlength=COLOUR_LEVELS**3) / cell.size)[::-1]  # whichever colours
    grey = pixels.mean(axis=2) / 255
    edges = [np.abs(np.diff(grey, axis=axis)).mean() for axis in (0, 1)]
    return np.asarray([*share, *edges])


def _told(data: DataSet, target_px: int) -> list[Finding]:
    small = [sample for sample in data.samples if min(sample.width_px, sample.height_px) < target_px]
    untold = [sample for sample in data.samples if not sample.note.text]
    unlicensed = [sample for sample in data.samples if not sample.note.license]
    rows = (
        ("too small", f"shorter than {target_px} px", small),
        ("no caption", "learnt under the trigger word alone", untold),
        ("no licence", "metadata.jsonl has no `license` for them", unlicensed),
    )
    return [Finding(kind, tuple(sample.name for sample in found), words) for kind, words, found in rows if found]


def _on_grey(picture: Image.Image) -> Image.Image:
    """So that what lies under transparency, which nobody sees, does not count."""
    return Image.alpha_composite(Image.new("RGBA", picture.size, (128, 128, 128)), picture).convert("RGB")
