"""Data sets as people bring them, and as those bring them who mean no good."""

import io
import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.style_pictures import disc, png, write_discs
from train.data.data_set import open_data_set
from train.data.limits import DataSetError, Limits

SMALL = Limits(max_total_bytes=200_000, max_entry_bytes=100_000, max_entries=40, max_pixels=10_000)


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def discs(count: int = 5) -> dict[str, bytes]:
    files = {f"{number}.png": png(disc((200, 30, 30), 22 + 4 * number)) for number in range(count)}
    return files | {f"{number}.txt": f"disc {number}".encode() for number in range(count)}


def test_folder_and_archive_of_the_same_pictures_are_the_same_data_set(tmp_path: Path) -> None:
    for name, content in discs().items():
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(content)
    folder, archive = (open_data_set(path) for path in (tmp_path / "folder", zipped(tmp_path / "a.zip", discs())))
    assert folder.digest == archive.digest and len(folder.digest) == 64
    assert [sample.note.text for sample in archive.samples] == [f"disc {number}" for number in range(5)]
    one, other = ([picture.tobytes() for _, picture in data.pictures()] for data in (folder, archive))
    assert one == other


def test_another_caption_or_picture_is_another_data_set(tmp_path: Path) -> None:
    first = open_data_set(zipped(tmp_path / "a.zip", discs())).digest
    for changed in ({"0.txt": b"else"}, {"0.png": png(disc((0, 0, 200)))}):
        assert open_data_set(zipped(tmp_path / "b.zip", discs() | changed)).digest != first


def test_metadata_tells_captions_licences_and_mirrors(tmp_path: Path) -> None:
    folder = write_discs(tmp_path / "discs")
    lines = (folder / "metadata.jsonl").read_text().splitlines()
    lines[0] = json.dumps({"file_name": "0.png", "text": "a disc", "may_flip": True})
    (folder / "metadata.jsonl").write_text("\n".join(lines))
    notes = [sample.note for sample in open_data_set(folder).samples]
    assert (notes[0].text, notes[0].may_flip, notes[1].may_flip) == ("a disc", True, False)
    assert [note.license for note in notes[:2]] == ["", "CC0-1.0"]


def test_pictures_come_upright_and_hidden_files_are_nobodys_business(tmp_path: Path) -> None:
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side
    Image.new("RGB", (80, 40)).save(turned, "JPEG", exif=exif)
    files = discs() | {"9.jpg": turned.getvalue(), "__MACOSX/._0.png": b"x", ".DS_Store": b"x"}
    data = open_data_set(zipped(tmp_path / "a.zip", files))
    (sample,) = (sample for sample in data.samples if sample.name == "9.jpg")
    assert (sample.width_px, sample.height_px, len(data.samples)) == (40, 80, 6)


def test_picture_that_changes_meanwhile_is_noticed(tmp_path: Path) -> None:
    folder = write_discs(tmp_path / "discs")
    data = open_data_set(folder)
    (folder / "3.png").write_bytes(png(disc((0, 0, 200))))
    with pytest.raises(DataSetError, match=r"'3\.png' has changed"):
        list(data.pictures())


def bomb() -> bytes:
    return png(Image.new("L", (101, 100)))


BAD: dict[str, tuple[dict[str, bytes], str]] = {
    "upwards": ({"../x.png": b""}, r"'\.\./x\.png' is no name"),
    "inside and out": ({"a/../../x.png": b""}, "is no name"),
    "absolute": ({"/etc/x.png": b""}, "is no name"),
    "drive": ({"C:x.png": b""}, "is no name"),
    "backslash": ({"a\\x.png": b""}, "is no name"),
    "deep": ({"a/b/c/d.png": b""}, "4 folders deep, more than 3"),
    "long": ({"x" * 300 + ".png": b""}, "over 200 bytes"),
    "twice": ({"A.png": b"", "a.png": b""}, "is there twice"),
    "script": ({"run.py": b""}, r"'run\.py' is none of \.png"),
    "nested": ({"more.zip": b""}, "is none of"),
    "not a picture": ({"x.png": b"GIF89a"}, r"'x\.png' is no whole PNG"),
    "cut": ({"x.png": png(disc((0, 0, 0)))[:-40]}, "is no whole PNG"),
    "too many pixels": ({"x.png": bomb()}, "101 × 100 pixels, more than 10000"),
    "narrow": ({"x.png": png(Image.new("L", (16, 200)))}, "16 × 200 px"),
    "large": ({"x.txt": b"x" * 100_001}, "100001 bytes, more than 100000"),
    "bomb": ({"0.txt": b"0" * 90_000}, "over 100 times as large"),
    "orphan": ({"x.txt": b"x"}, "belongs to 0 pictures"),
    "binary": ({"0.txt": b"\xff\xfe"}, "is not UTF-8"),
    "endless": ({"0.txt": bytes(range(48, 123)) * 40}, "has 3000 characters"),
    "told twice": ({"metadata.jsonl": b'{"file_name": "0.png", "text": "x"}'}, "and another in '0.txt'"),
    "unknown field": ({"metadata.jsonl": b'{"file_name": "0.png", "run": "x"}'}, r"line 1: run: Extra"),
    "no JSON": ({"metadata.jsonl": b"{"}, "line 1"),
    "no such picture": ({"metadata.jsonl": b'{"file_name": "../0.png"}'}, "is no picture of the data set"),
    "many": ({f"{number}.txt": b"" for number in range(50)}, "55 entries, more than 40"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_archive_is_refused_with_the_value_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    files, words = BAD[case]
    path = zipped(tmp_path / "a.zip", discs() | files)
    with pytest.raises(DataSetError, match=words):
        open_data_set(path, SMALL)
    assert [*tmp_path.rglob("*")] == [path]


def with_mode(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def encrypted(info: zipfile.ZipInfo) -> None:
    info.flag_bits |= 1


@pytest.mark.parametrize(("change", "words"), [(with_mode, "no plain file"), (encrypted, "is encrypted")])
def test_links_and_locked_entries_are_refused(
    tmp_path: Path, change: Callable[[zipfile.ZipInfo], None], words: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in discs().items():
            archive.writestr(name, content)
        change(archive.infolist()[0])
    with pytest.raises(DataSetError, match=words):
        open_data_set(tmp_path / "a.zip")


def test_all_that_is_read_together_is_bounded(tmp_path: Path) -> None:
    files = discs() | {f"{number}.txt": bytes(range(48, 123)) * 20 for number in range(5)}
    with pytest.raises(DataSetError, match="the data set is over 6000 bytes"):
        open_data_set(zipped(tmp_path / "a.zip", files), replace(SMALL, max_total_bytes=6_000))


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"ustar" * 200], ids=["empty", "stub", "tar"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataSetError, match="zip archive"):
        open_data_set(tmp_path / "a.zip")
    with pytest.raises(DataSetError, match="neither a folder nor a zip archive"):
        open_data_set(tmp_path / "nowhere")


def test_damage_within_an_archive_is_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", discs(), zipfile.ZIP_STORED)
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"IDAT") + 6] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(DataSetError, match=r"'0\.png' is damaged"):
        open_data_set(path)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_pictures_are_told(tmp_path: Path, count: int) -> None:
    with pytest.raises(DataSetError, match=f"has {count} pictures, not 5 to 2000"):
        open_data_set(write_discs(tmp_path / "discs", count))


def test_pictures_without_any_caption_are_told(tmp_path: Path) -> None:
    files = {name: content for name, content in discs().items() if name.endswith(".png")}
    with pytest.raises(DataSetError, match="no picture has a caption"):
        open_data_set(zipped(tmp_path / "a.zip", files))


def test_link_out_of_a_folder_is_refused(tmp_path: Path) -> None:
    folder = write_discs(tmp_path / "discs")
    (tmp_path / "secret.png").write_bytes(png(disc((0, 0, 0))))
    (folder / "x.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataSetError, match=r"'x\.png' is a link"):
        open_data_set(folder)
