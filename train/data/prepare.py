"""From a picture to what the model learns from: a size of the model's own, a ground, and words that fit.

Nothing here moves, turns or cuts what an icon shows. What varies is the air around it and, behind transparency, the
ground, which is then named in the caption so that the style does not absorb it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from random import Random

import numpy as np
from PIL import Image, ImageOps

from train.data.data_set import Sample
from train.data.limits import DataSetError
from train.starter.colours import COLOURS, RGB

WHITE: RGB = (255, 255, 255)
MAX_GROUND_SPREAD = 6.0  # levels, along the border of a picture whose ground is one colour
BucketPx = tuple[int, int]  # width, height


@dataclass(frozen=True)
class Wording:
    trigger: str  # the word that calls the style
    template: str = "{trigger} {caption}"

    def __post_init__(self) -> None:
        if not self.trigger.strip() or "{caption}" not in self.template or "{trigger}" not in self.template:
            raise DataSetError(
                "a template needs {trigger} and {caption}, and there must be a trigger word:"
                f" got {self.template!r}, {self.trigger!r}"
            )

    def caption(self, text: str, ground: str = "") -> str:
        """`ground` is the name of a colour put behind the picture."""
        told = self.template.replace("{trigger}", self.trigger).replace("{caption}", text)
        words = " ".join(told.split())
        return f"{words}, {ground} background" if ground else words


@dataclass(frozen=True)
class Augmentation:
    num_variants: int = 4  # of each picture, drawn once and kept; the first is the picture as it is
    max_padding_share: float = 0.06  # of a side, on each side
    has_new_grounds: bool = True  # behind transparency


@dataclass(frozen=True)
class Prepared:
    pixels_HWC: np.ndarray  # uint8 RGB, of a bucket's size
    caption: str


def prepare(
    sample: Sample, picture: Image.Image, buckets: Sequence[BucketPx], wording: Wording, augmentation: Augmentation
) -> list[Prepared]:
    """All variants of one RGBA picture, in one bucket; a function of the sample alone, not of its neighbours."""
    bucket = nearest_bucket(picture.size, buckets)
    return [
        _variant(sample, picture, bucket, wording, augmentation, number) for number in range(augmentation.num_variants)
    ]


def nearest_bucket(size_px: tuple[int, int], buckets: Sequence[BucketPx]) -> BucketPx:
    """The one whose aspect is nearest, by ratio."""
    aspect = size_px[0] / size_px[1]
    return min(buckets, key=lambda bucket: abs(log(aspect * bucket[1] / bucket[0])))


def _variant(
    sample: Sample, picture: Image.Image, bucket: BucketPx, wording: Wording, augmentation: Augmentation, number: int
) -> Prepared:
    rng = Random(f"{sample.digest}/{number}")
    own_ground, name = ground_of(picture), ""
    ground = own_ground or WHITE
    padding_share = 0.0
    if number and own_ground:  # around a picture that fills its frame, air would be a frame of its own
        padding_share = rng.uniform(0, augmentation.max_padding_share)
    if number and augmentation.has_new_grounds and _is_cut_out(picture):
        name = rng.choice(tuple(COLOURS))
        ground = COLOURS[name]
    if number % 2 and sample.note.may_flip:
        picture = ImageOps.mirror(picture)
    pixels_HWC = fit(picture, bucket, ground, padding_share)
    return Prepared(pixels_HWC, wording.caption(sample.note.text, name))


def fit(picture: Image.Image, bucket: BucketPx, ground: RGB, padding_share: float = 0.0) -> np.ndarray:
    """All of an RGBA picture in the middle of the bucket, on `ground`: uint8 of (height, width, 3)."""
    inner = [round(side * (1 - 2 * padding_share)) for side in bucket]
    scale = min(inner[0] / picture.width, inner[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    resized = picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")  # no halo: premultiplied
    canvas = Image.new("RGBA", bucket, ground)
    canvas.alpha_composite(resized, ((bucket[0] - size[0]) // 2, (bucket[1] - size[1]) // 2))
    return np.asarray(canvas.convert("RGB"))


def ground_of(picture: Image.Image) -> RGB | None:
    """The one colour along an RGBA picture's border: white where that is clear, None where there are several."""
    pixels = np.asarray(picture, np.float32)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if (border[:, 3] < 128).all():
        return WHITE
    if border.std(axis=0).max() > MAX_GROUND_SPREAD:
        return None
    red, green, blue = (round(float(value)) for value in border[:, :3].mean(axis=0))
    return red, green, blue


def _is_cut_out(picture: Image.Image) -> bool:
    """Whether a ground is seen behind it at all."""
    return bool(np.asarray(picture)[..., 3].min() < 128)
