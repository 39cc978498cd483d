"""The policy that is there from the start: a file of words and phrases that are blocked or looked at."""

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from serve_app.moderation.verdict import Verdict

DEFAULT_WORDS = Path(__file__).with_name("words.txt")

_LINE = re.compile(r"(block|review): *(\S.*)")
_WITHOUT_WIDTH = frozenset({"Cf", "Mn"})  # joiners, direction and variation marks, strokes through letters


class WordListError(ValueError):
    """The file can't be read, or a line of it; nothing starts without its policy."""


class WordList:
    """Whole words only. Forms that look alike by Unicode's own tables are one; letters of other alphabets are not."""

    def __init__(self, blocked: frozenset[str], reviewed: frozenset[str]) -> None:
        self._blocked = blocked
        self._reviewed = reviewed

    @classmethod
    def read(cls, path: Path) -> "WordList":
        """Lines are `block: WORDS`, `review: WORDS`, `# …` or empty. Raises WordListError."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise WordListError(f"the prompt policy {path} can't be read: {error}") from error
        words: dict[Literal["block", "review"], set[str]] = {"block": set(), "review": set()}
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            match = _LINE.fullmatch(line)
            if not match or not plain(match[2]):
                raise WordListError(f"{path}:{number}: expected `block: WORDS` or `review: WORDS`, got {line!r}")
            words["block" if match[1] == "block" else "review"].add(plain(match[2]))
        return cls(frozenset(words["block"]), frozenset(words["review"]))

    async def judge(self, text: str) -> Verdict:
        words = f" {plain(text)} "
        for phrase in self._found(self._blocked, words):
            return Verdict("block", f"{phrase!r} is not drawn here")
        for phrase in self._found(self._reviewed, words):
            return Verdict("review", f"{phrase!r} is looked at")
        return Verdict("allow")

    def _found(self, phrases: frozenset[str], words: str) -> Iterator[str]:
        return (phrase for phrase in sorted(phrases) if f" {phrase} " in words)


def plain(text: str) -> str:
    """For comparison only: compatibility forms and case folded, nothing without width, one space between words."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    visible = "".join(character for character in folded if unicodedata.category(character) not in _WITHOUT_WIDTH)
    return " ".join(re.split(r"[\W_]+", visible)).strip()
