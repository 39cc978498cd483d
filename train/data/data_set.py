"""A data set: pictures with captions, all of them checked before anything is learnt of any."""

import hashlib
import io
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from train.data.captions import Note, is_picture, read_notes
from train.data.entries import Entries, open_entries
from train.data.limits import DataSetError, Limits

FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True)
class Sample:
    note: Note
    width_px: int  # upright
    height_px: int
    digest: str  # sha256 of the picture's bytes and of all that is said of it

    @property
    def name(self) -> str:
        return self.note.file_name


@dataclass(frozen=True)
class DataSet:
    path: Path
    samples: tuple[Sample, ...]
    limits: Limits

    @property
    def digest(self) -> str:
        """Of all of it, whatever order or container it lies in."""
        together = "".join(sorted(sample.digest for sample in self.samples))
        return hashlib.sha256(together.encode()).hexdigest()

    def pictures(self, samples: Iterable[Sample] | None = None) -> Iterator[tuple[Sample, Image.Image]]:
        """All or some, each decoded anew, RGBA, upright. Raises DataSetError when one has changed meanwhile."""
        with open_entries(self.path, self.limits) as entries:
            for sample in self.samples if samples is None else samples:
                content = entries.read(sample.name)
                if _digest(content, sample.note) != sample.digest:
                    raise DataSetError(f"{sample.name!r} has changed while the data set was in use")
                yield sample, decode(content, sample.name, self.limits)


def open_data_set(path: Path, limits: Limits | None = None) -> DataSet:
    """Of a folder or a zip archive; reads and decodes every file once. Raises DataSetError; leaves nothing behind."""
    limits = limits or Limits()
    with open_entries(path, limits) as entries:
        names = [name for name in entries.names if is_picture(name)]
        if not limits.min_pictures <= len(names) <= limits.max_pictures:
            wanted = f"{limits.min_pictures} to {limits.max_pictures}"
            raise DataSetError(f"the data set {path.name} has {len(names)} pictures, not {wanted}")
        notes = read_notes(entries, limits)
        samples = tuple(_sample(entries, notes.get(name, Note(file_name=name)), limits) for name in names)
    return DataSet(path, samples, limits)


def decode(content: bytes, name: str, limits: Limits) -> Image.Image:
    """RGBA and upright, without metadata. Raises DataSetError."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=FORMATS) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own bound is below Pillow's
            _check_size(image, name, limits)
            return ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataSetError(f"{name!r} is no whole PNG, JPEG or WebP picture: {error}") from error


def _check_size(image: Image.Image, name: str, limits: Limits) -> None:
    width, height = image.size
    if width * height > limits.max_pixels:
        raise DataSetError(f"{name!r} has {width} × {height} pixels, more than {limits.max_pixels}")
    if min(width, height) < limits.min_side_px or max(width, height) > limits.max_aspect * min(width, height):
        raise DataSetError(
            f"{name!r} is {width} × {height} px; sides must be {limits.min_side_px} px or more, and one at most"
            f" {limits.max_aspect:g} times the other"
        )
    if getattr(image, "n_frames", 1) != 1:
        raise DataSetError(f"{name!r} is moving: {image.n_frames} frames")  # type: ignore[attr-defined]


def _sample(entries: Entries, note: Note, limits: Limits) -> Sample:
    content = entries.read(note.file_name)
    return Sample(note, *decode(content, note.file_name, limits).size, _digest(content, note))


def _digest(content: bytes, note: Note) -> str:
    said = note.model_dump_json(exclude={"file_name"}).encode()
    return hashlib.sha256(hashlib.sha256(content).digest() + said).hexdigest()
