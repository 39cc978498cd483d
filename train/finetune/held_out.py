"""Prompts for what a data set does not show: a style is learnt once it carries over to them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice

SUBJECTS = (
    "rocket", "umbrella", "guitar", "teapot", "lighthouse", "snail", "bicycle", "cactus", "violin", "anchor", "lantern",
    "mushroom", "whale", "balloon", "candle", "penguin",
)  # fmt: skip
CONTEXTS = (
    "on a purple background", "on a teal circle", "in the snow", "on an orange background", "on a beach", "at night",
    "on a lime hexagon", "in a forest", "on a black background", "in the rain", "on a pink circle", "on a table",
    "on a navy background", "in a city", "on a cream background", "among flowers",
)  # fmt: skip


def held_out(captions: Sequence[str], num_prompts: int) -> list[str]:
    """Those of which no caption has all words; where single subjects run out, two at once."""
    return _unseen(_prompts(), captions, num_prompts)


def in_new_contexts(class_prompts: Sequence[str], captions: Sequence[str], num_prompts: int) -> list[str]:
    """An object where the data set does not show it; its class as `class_prompts` tell it."""
    prompts = (f"{class_prompt} {context}" for context in CONTEXTS for class_prompt in class_prompts)
    return _unseen(prompts, captions, num_prompts)


def _unseen(prompts: Iterable[str], captions: Sequence[str], num_prompts: int) -> list[str]:
    known = [set(_words(caption)) for caption in captions]
    unseen = (prompt for prompt in prompts if not any(words >= set(_words(prompt)) for words in known))
    return list(islice(unseen, num_prompts))


def _prompts() -> Iterator[str]:
    yield from SUBJECTS
    yield from (f"{one} and {other}" for one, other in combinations(SUBJECTS, 2))


def _words(text: str) -> list[str]:
    return [word for word in text.lower().replace(",", " ").split() if word != "and"]
