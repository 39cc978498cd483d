"""Rasterises the glyphs of two openly licensed icon packages to alpha masks, once.

`make glyphs` puts the packages, pinned in `glyphs/package-lock.json`, into `glyphs/node_modules`. Serving never needs
them: they are the raw material of training images.
"""

import io
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

from train.starter.subjects import Subject, load_subjects

MASK_PX = 192  # longer side of a glyph's ink; about the largest that is drawn
RASTER_PX = 384
DUOTONE_OPACITY = 0.42  # of the second tone; the package's own 0.2 is lost on a coloured background
PHOSPHOR = {"line": "regular", "bold": "bold", "fill": "fill", "duotone": "duotone"}


@dataclass(frozen=True)
class GlyphSet:
    """Alpha masks by (subject's name, variant): PHOSPHOR's variants, and "lucide" where the subject has one.

    A mask is uint8 of (MASK_PX, MASK_PX): the ink in the middle, as large as fits, never turned or mirrored.
    """

    subjects: tuple[Subject, ...]
    masks: dict[tuple[str, str], np.ndarray]

    @classmethod
    def load(cls, folder: Path) -> "GlyphSet":
        """All subjects, of the packages in `folder`/node_modules; the masks are kept there for the next time."""
        packages = folder / "node_modules"
        if not packages.is_dir():
            raise FileNotFoundError(f"{packages} is missing: run `make glyphs`")
        here = Path(__file__).parent
        made_of = [here / "glyphs.py", here / "subjects.csv", folder / "package-lock.json"]
        digest = sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()[:16]
        cache = packages / f"masks-{digest}.npz"
        subjects = load_subjects()
        if not cache.exists():
            np.savez_compressed(cache, masks_NHW=np.stack(list(cls.render(subjects, packages).masks.values())))
        with np.load(cache) as stored:
            return cls(subjects, dict(zip(_sources(subjects, packages), stored["masks_NHW"], strict=True)))

    @classmethod
    def render(cls, subjects: tuple[Subject, ...], packages: Path) -> "GlyphSet":
        """Of the SVG files below `packages`, which is laid out as a node_modules folder."""
        return cls(subjects, {key: _rasterise(path.read_text()) for key, path in _sources(subjects, packages).items()})

    def variants(self, name: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
        """Those of `wanted` that the subject has."""
        return tuple(variant for variant in wanted if (name, variant) in self.masks)


def _sources(subjects: tuple[Subject, ...], packages: Path) -> dict[tuple[str, str], Path]:
    paths = {}
    for subject in subjects:
        for variant, weight in PHOSPHOR.items():
            file = f"{subject.phosphor}.svg" if weight == "regular" else f"{subject.phosphor}-{weight}.svg"
            paths[subject.name, variant] = packages / "@phosphor-icons" / "core" / "assets" / weight / file
        if subject.lucide:
            paths[subject.name, "lucide"] = packages / "lucide-static" / "icons" / f"{subject.lucide}.svg"
    return paths


def _rasterise(svg: str) -> np.ndarray:
    svg = svg.replace('opacity="0.2"', f'opacity="{DUOTONE_OPACITY}"')
    png = resvg_py.svg_to_bytes(svg_string=svg, width=RASTER_PX, height=RASTER_PX, skip_system_fonts=True)
    alpha = Image.open(io.BytesIO(png)).getchannel("A")
    ink = alpha.crop(alpha.getbbox())
    scale = MASK_PX / max(ink.size)
    ink = ink.resize((round(ink.width * scale), round(ink.height * scale)), Image.Resampling.LANCZOS)
    mask = Image.new("L", (MASK_PX, MASK_PX))
    mask.paste(ink, ((MASK_PX - ink.width) // 2, (MASK_PX - ink.height) // 2))
    return np.asarray(mask)
