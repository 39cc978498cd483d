"""What a data set says of its pictures: a `.txt` beside each, or `metadata.jsonl` as Hugging Face's imagefolder."""

import json
from collections.abc import Mapping
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from train.data.entries import PICTURES, Entries
from train.data.limits import DataSetError, Limits

METADATA = "metadata.jsonl"


class Note(BaseModel):
    """One line of `metadata.jsonl`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file_name: str
    text: str = ""
    license: str = ""
    may_flip: bool = False  # whether its mirror image is as right; arrows, letters and brand marks are not


def read_notes(entries: Entries, limits: Limits) -> Mapping[str, Note]:
    """By picture, for those that have one. Raises DataSetError for what belongs to no picture, or to one twice."""
    pictures = {name for name in entries.names if is_picture(name)}
    notes: dict[str, Note] = {}
    for name in entries.names:
        if name.endswith(".jsonl"):
            for note in _lines(entries, name, limits):
                if note.file_name in notes or note.file_name not in pictures:
                    raise DataSetError(f"{name}: {note.file_name!r} is no picture of the data set, or is told twice")
                notes[note.file_name] = note
    for name in entries.names:
        if name.lower().endswith(".txt"):
            picture, text = _pictured(name, pictures), _text(entries, name)
            if picture in notes and notes[picture].text:
                raise DataSetError(f"{picture!r} has a caption in {METADATA} and another in {name!r}")
            notes[picture] = notes.get(picture, Note(file_name=picture)).model_copy(update={"text": text})
    _check(notes, limits)
    return notes


def is_picture(name: str) -> bool:
    return name.lower().endswith(PICTURES)


def _lines(entries: Entries, name: str, limits: Limits) -> list[Note]:
    if PurePosixPath(name).name != METADATA:
        raise DataSetError(f"{name!r}: only {METADATA} is read")
    folder = PurePosixPath(name).parent
    notes = []
    for number, line in enumerate(_text(entries, name).splitlines(), start=1):
        if number > limits.max_entries:
            raise DataSetError(f"{name} has more than {limits.max_entries} lines")
        if line.strip():
            try:
                note = Note.model_validate(json.loads(line))
            except (ValueError, RecursionError, ValidationError) as error:
                raise DataSetError(f"{name}, line {number}: {_first_words(error)}") from error
            notes.append(note.model_copy(update={"file_name": (folder / note.file_name).as_posix()}))
    return notes


def _pictured(name: str, pictures: set[str]) -> str:
    stem = name[: -len(".txt")]
    found = sorted(picture for picture in pictures if picture.rpartition(".")[0] == stem)
    if len(found) != 1:
        raise DataSetError(f"the caption {name!r} belongs to {len(found)} pictures, not to one")
    return found[0]


def _text(entries: Entries, name: str) -> str:
    try:
        return entries.read(name).decode().strip()
    except UnicodeDecodeError as error:
        raise DataSetError(f"{name!r} is not UTF-8: {error.reason} at byte {error.start}") from error


def _check(notes: Mapping[str, Note], limits: Limits) -> None:
    for name, note in notes.items():
        if len(note.text) > limits.max_caption_chars or "\0" in note.text:
            raise DataSetError(f"the caption of {name!r} has {len(note.text)} characters, or one that is no text")
    if not any(note.text for note in notes.values()):
        raise DataSetError("no picture has a caption; write one beside each, or into metadata.jsonl")


def _first_words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)[:200]
