"""The files of a folder or a zip archive, read one by one within bounds; nothing is ever unpacked.

An archive is refused as a whole, not cleaned: one that tries to leave its folder means no good. Tar is not read at all.
"""

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from train.data.limits import DataSetError, Limits

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
SUFFIXES = (*PICTURES, ".txt", ".jsonl")
MIN_RATIO_BYTES = 1 << 16  # below it a high ratio means a plain picture, and no bomb
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
END, END_BYTES, LOCATOR_64, LOCATOR_64_BYTES = b"PK\x05\x06", 22, b"PK\x06\x07", 20
MAX_COMMENT_BYTES = 1 << 16
MAX_DIRECTORY_ENTRY_BYTES = 1024  # in an archive's directory: 46, a name, and a few extra fields


@dataclass(frozen=True)
class Entries:
    names: tuple[str, ...]  # relative, with forward slashes, in order
    read: Callable[[str], bytes]


@contextmanager
def open_entries(path: Path, limits: Limits) -> Iterator[Entries]:
    """Of a folder or of a zip archive. Raises DataSetError, also while reading."""
    if path.is_dir():
        yield _folder(path, limits)
    elif path.is_file():
        with _opened_zip(path, limits) as archive:
            yield _zip(archive, limits)
    else:
        raise DataSetError(f"no data set at {path}: neither a folder nor a zip archive")


def _folder(root: Path, limits: Limits) -> Entries:
    names = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_symlink():
            raise DataSetError(f"{name!r} is a link; a data set holds its files itself")
        if path.is_file():
            names.append(name)
        if len(names) > limits.max_entries:
            raise DataSetError(f"the data set has more than {limits.max_entries} files")
    kept = _checked(names, limits)
    count = _Counter(limits)

    def read(name: str) -> bytes:
        with (root / name).open("rb") as file:
            return count(name, file.read(limits.max_entry_bytes + 1))

    return Entries(kept, read)


@contextmanager
def _opened_zip(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    _check_directory(path, limits)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise DataSetError(f"{path.name} is not a zip archive that can be read: {error}") from error
    with archive:
        yield archive


def _check_directory(path: Path, limits: Limits) -> None:
    """Before `zipfile` reads an archive's directory as a whole into memory (APPNOTE.TXT 4.3.16)."""
    size_bytes = path.stat().st_size
    if size_bytes > limits.max_total_bytes:
        raise DataSetError(f"{path.name} has {size_bytes} bytes, more than {limits.max_total_bytes}")
    with path.open("rb") as file:
        file.seek(max(0, size_bytes - END_BYTES - MAX_COMMENT_BYTES - LOCATOR_64_BYTES))
        tail = file.read()
    at = tail.rfind(END)
    if at < 0:
        raise DataSetError(f"{path.name} is not a zip archive")
    directory_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    if LOCATOR_64 in tail[max(0, at - LOCATOR_64_BYTES) : at]:
        raise DataSetError(f"{path.name} is a 64-bit zip archive, larger than a data set may be")
    if directory_bytes > limits.max_entries * MAX_DIRECTORY_ENTRY_BYTES:
        raise DataSetError(f"{path.name} has more than {limits.max_entries} entries")


def _zip(archive: zipfile.ZipFile, limits: Limits) -> Entries:
    infos = archive.infolist()
    if len(infos) > limits.max_entries:
        raise DataSetError(f"the archive has {len(infos)} entries, more than {limits.max_entries}")
    for info in infos:
        _check_entry(info, limits)
    by_name = {info.filename: info for info in infos if not info.is_dir()}
    kept = _checked([info.filename for info in infos if not info.is_dir()], limits)
    count = _Counter(limits)

    def read(name: str) -> bytes:
        try:
            with archive.open(by_name[name]) as file:
                content = count(name, file.read(limits.max_entry_bytes + 1))
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DataSetError(f"{name!r} is damaged in the archive: {error}") from error
        if len(content) > MIN_RATIO_BYTES and len(content) > limits.max_ratio * by_name[name].compress_size:
            raise DataSetError(f"{name!r} is over {limits.max_ratio} times as large as its compressed form")
        return content

    return Entries(kept, read)


def _check_entry(info: zipfile.ZipInfo, limits: Limits) -> None:
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DataSetError(f"{info.filename!r} is no plain file (mode {mode:o})")
    if info.flag_bits & 1:
        raise DataSetError(f"{info.filename!r} is encrypted")
    if info.compress_type not in ZIP_METHODS:
        raise DataSetError(f"{info.filename!r} is compressed by method {info.compress_type}; only deflate is read")
    if info.file_size > limits.max_entry_bytes:
        raise DataSetError(f"{info.filename!r} has {info.file_size} bytes, more than {limits.max_entry_bytes}")
    if info.filename.startswith("/") or info.orig_filename != info.filename:  # zipfile cuts at NUL
        raise DataSetError(f"{info.orig_filename!r} is no name in the archive's own folder")


def _checked(names: Sequence[str], limits: Limits) -> tuple[str, ...]:
    """Without what systems leave behind (hidden files); the rest must be of a data set."""
    seen: set[str] = set()
    kept = []
    for name in names:
        _check_name(name, limits)
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise DataSetError(f"{name!r} is there twice, to a system that takes no notice of case")
        seen.add(folded)
        parts = PurePosixPath(name).parts
        if any(part.startswith((".", "__MACOSX")) for part in parts):
            continue
        if not name.lower().endswith(SUFFIXES):
            raise DataSetError(f"{name!r} is none of {', '.join(SUFFIXES)}")
        kept.append(name)
    return tuple(sorted(kept))


def _check_name(name: str, limits: Limits) -> None:
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\\" in name or ":" in parts[0] or "\0" in name:
        raise DataSetError(f"{name!r} is no name in the data set's own folder")
    if len(name.encode(errors="replace")) > limits.max_name_bytes:
        raise DataSetError(f"the name {name[:40]!r}… is over {limits.max_name_bytes} bytes long")
    if len(parts) > limits.max_depth:
        raise DataSetError(f"{name!r} lies {len(parts)} folders deep, more than {limits.max_depth}")


class _Counter:
    """Of the bytes of different entries that have been read."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sizes: dict[str, int] = {}

    def __call__(self, name: str, content: bytes) -> bytes:
        if len(content) > self._limits.max_entry_bytes:
            raise DataSetError(f"{name!r} is over {self._limits.max_entry_bytes} bytes")
        self._sizes[name] = len(content)
        total = sum(self._sizes.values())
        if total > self._limits.max_total_bytes:
            raise DataSetError(f"the data set is over {self._limits.max_total_bytes} bytes at {name!r}")
        return content
