"""Examples drawn once and kept: per picture size one folder ("bucket") of memory-mapped columns of equal length.

Columns: `pixels` [N, H, W, 3] uint8, and beside them whatever a stage computes of them, float16.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
import torch
from rich.progress import track
from torch.utils.data import ConcatDataset, DataLoader, Dataset

CHUNK = 64


class ExampleLike(Protocol):
    @property
    def pixels_HWC(self) -> np.ndarray: ...
    @property
    def caption(self) -> str: ...


class ExampleSource(Protocol):
    """`train.starter.examples.Examples`, or a stand-in."""

    def icon(self, index: int) -> ExampleLike: ...
    def splash(self, index: int) -> ExampleLike: ...
    def pair(self, index: int) -> tuple[ExampleLike, ExampleLike]: ...


@dataclass(frozen=True)
class Bucket:
    folder: Path
    captions: tuple[str, ...]
    width_px: int
    height_px: int

    def __len__(self) -> int:
        return len(self.captions)

    def column(self, name: str, device: torch.device) -> torch.Tensor:
        """A GPU gets all of it; on the CPU it stays in its file until it is read."""
        return torch.from_numpy(np.load(self.folder / f"{name}.npy", mmap_mode="c")).to(device)

    def pixels(self, name: str = "pixels") -> np.ndarray:
        shape = (len(self), self.height_px, self.width_px, 3)
        return np.memmap(self.folder / f"{name}.uint8", np.uint8, "c", shape=shape)

    def write_column(self, name: str, compute: Callable[[slice], torch.Tensor]) -> None:
        """`compute` gets a slice of the rows at a time. Where the file is, it is whole."""
        path = self.folder / f"{name}.npy"
        if path.exists():
            return
        partial = path.with_name(f".{path.name}")
        column: np.memmap[Any, np.dtype[np.float16]] | None = None
        for start in track(range(0, len(self), CHUNK), f"{name} {self.width_px}x{self.height_px}"):
            rows = slice(start, min(start + CHUNK, len(self)))
            values = compute(rows).to(torch.float16).cpu().numpy()
            if column is None:
                shape = (len(self), *values.shape[1:])
                column = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
            column[rows] = values
        assert column is not None
        column.flush()
        partial.replace(path)


@dataclass
class _Drawn(Dataset[Any]):
    """What `draw` gives for each number, so that several processes can draw at once."""

    draw: Callable[[int], object]
    number: int

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: int) -> object:
        return self.draw(index)


def write_examples(
    folder: Path, source: ExampleSource, num_icons: int, num_splashes: int, num_workers: int = 0
) -> None:
    """Draws the pictures; nothing when the folder is there, since it appears whole."""
    drawn: ConcatDataset[Any] = ConcatDataset([_Drawn(source.icon, num_icons), _Drawn(source.splash, num_splashes)])
    _write(folder, ("pixels",), drawn, num_workers)


def write_pairs(folder: Path, source: ExampleSource, num_pairs: int, num_workers: int = 0) -> None:
    """Targets as `pixels`, with their captions; their references as `reference`."""
    _write(folder, ("reference", "pixels"), _Drawn(source.pair, num_pairs), num_workers)


def _write(folder: Path, names: tuple[str, ...], drawn: Dataset[Any], num_workers: int) -> None:
    if folder.exists():
        return
    loader = DataLoader(drawn, batch_size=None, num_workers=num_workers)
    partial = folder.with_name(f".{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    captions: dict[tuple[int, int], list[str]] = {}
    files: dict[tuple[int, int], list[BinaryIO]] = {}
    for examples in track(loader, f"drawing {folder.name}", len(loader)):
        row = examples if len(names) > 1 else (examples,)
        height, width = row[0].pixels_HWC.shape[:2]
        size = (width, height)
        if size not in captions:
            bucket = partial / f"{width}x{height}"
            bucket.mkdir(parents=True)
            captions[size], files[size] = [], [(bucket / f"{name}.uint8").open("wb") for name in names]
        captions[size].append(row[names.index("pixels")].caption)
        for file, example in zip(files[size], row, strict=True):
            file.write(np.ascontiguousarray(example.pixels_HWC).tobytes())
    for (width, height), opened in files.items():
        (partial / f"{width}x{height}" / "captions.json").write_text(json.dumps(captions[width, height]))
        for file in opened:
            file.close()
    partial.replace(folder)


def open_buckets(folder: Path) -> list[Bucket]:
    """The largest first."""
    buckets = []
    for path in sorted(folder.glob("*x*")):
        width, height = map(int, path.name.split("x"))
        buckets.append(Bucket(path, tuple(json.loads((path / "captions.json").read_text())), width, height))
    return sorted(buckets, key=len, reverse=True)


def pick_bucket(buckets: list[Bucket], generator: torch.Generator) -> int:
    """The index of a bucket, as often as it has examples."""
    sizes = torch.tensor([float(len(bucket)) for bucket in buckets])
    return int(torch.multinomial(sizes, 1, generator=generator))


def pick_rows(number: int, count: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randint(number, (count,), generator=generator, device=generator.device)


def generator_on(device: torch.device, generator: torch.Generator) -> torch.Generator:
    """What is large is drawn where it is used."""
    return torch.Generator(device).manual_seed(int(torch.randint(2**62, (1,), generator=generator)))


def to_unit(pixels_NHWC: np.ndarray | torch.Tensor) -> torch.Tensor:
    """uint8 to [N, 3, H, W], -1 to 1."""
    if isinstance(pixels_NHWC, np.ndarray):
        pixels_NHWC = torch.from_numpy(np.array(pixels_NHWC))  # a copy: torch shares none that is read-only
    return pixels_NHWC.permute(0, 3, 1, 2).float() / 127.5 - 1


def fingerprint(folder: Path) -> str:
    """Of the weights in a folder: columns computed with others are not mistaken for theirs."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
