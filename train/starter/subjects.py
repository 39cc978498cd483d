"""What an icon can show: concrete things, the words people use for them, and the glyphs that draw them.

The table is `subjects.csv`. Every row was looked at: its phosphor glyph shows the thing in all weights, and so does its
lucide glyph, where it has one.
"""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Subject:
    name: str
    phosphor: str  # glyph name, without its weight
    lucide: str  # glyph name, "" where the package has none that shows the same thing
    synonyms: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        return (self.name, *self.synonyms)


def load_subjects() -> tuple[Subject, ...]:
    with (Path(__file__).parent / "subjects.csv").open(newline="") as table:
        return tuple(
            Subject(row["name"], row["phosphor"], row["lucide"], tuple(filter(None, row["synonyms"].split("; "))))
            for row in csv.DictReader(table)
        )
