"""Prompts for what a data set does not show: a style is learnt once it carries over to them."""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

SUBJECTS = (
    "rocket", "umbrella", "guitar", "teapot", "lighthouse", "snail", "bicycle", "cactus", "violin", "anchor", "lantern",
    "mushroom", "whale", "balloon", "candle", "penguin",
)  # fmt: skip


def held_out(captions: Sequence[str], num_prompts: int) -> list[str]:
    """Those of which no caption has all words; where single subjects run out, two at once."""
    known = [set(_words(caption)) for caption in captions]
    unseen = (prompt for prompt in _prompts() if not any(words >= set(_words(prompt)) for words in known))
    return list(islice(unseen, num_prompts))


def _prompts() -> Iterator[str]:
    yield from SUBJECTS
    yield from (f"{one} and {other}" for one, other in combinations(SUBJECTS, 2))


def _words(text: str) -> list[str]:
    return [word for word in text.lower().replace(",", " ").split() if word != "and"]
