"""Weights in a prompt: `a (red:1.3) rocket` says which words speak louder.

The syntax is `(text:weight)` alone, not nested, with a plain decimal number from 0 (unheard) to 2. Whatever is not
written so is text as it stands, and so is a ratio such as (16:9). A backslash before `(`, `:`, `)` or `\\` makes that
character text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.errors import InvalidRequest

MAX_WEIGHT = 2.0

# Either a backslash and what it escapes, or a weighted text. Neither text nor number may hold an open parenthesis, so
# that the search is linear however many there are.
_PIECE = re.compile(r"\\.|\((?!\s*[0-9]+\s*:)((?:\\.|[^()\\])+):\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*\)", re.DOTALL)
_ESCAPE = re.compile(r"\\([():\\])")


@dataclass(frozen=True)
class Span:
    text: str  # what the encoders read: without syntax, never empty
    weight: float


def parse_weights(prompt: str) -> tuple[Span, ...]:
    """Spans in order; their texts in a row are the text without syntax.

    Raises InvalidRequest for a weight outside 0..2.
    """
    pieces: list[tuple[str, float]] = []
    end = 0
    for match in _PIECE.finditer(prompt):
        if match[1] is not None:
            pieces += [(prompt[end : match.start()], 1.0), (match[1], _weight(match))]
            end = match.end()
    pieces.append((prompt[end:], 1.0))
    return tuple(Span(_ESCAPE.sub(r"\1", text), weight) for text, weight in pieces if text)


def token_weights(spans: Sequence[Span], offsets: Sequence[tuple[int, int]]) -> list[float]:
    """The weight of each token of the spans' whole text, where `offsets` are its [start, end) in characters there.

    A token that reaches over the border of a span has the weight of its first character. A token without characters
    (start, end and pad marks) has 1.
    """
    weight_of_character = [span.weight for span in spans for _ in span.text]
    return [weight_of_character[start] if end > start else 1.0 for start, end in offsets]


def _weight(match: re.Match[str]) -> float:
    weight = float(match[2])
    if not 0.0 <= weight <= MAX_WEIGHT:
        raise InvalidRequest(
            f"a prompt weight must be from 0 to {MAX_WEIGHT:g}, got {match[2]} in {match[0]!r}; "
            "to write it as text, put a backslash before its parenthesis",
            "invalid_prompt_weight",
            "prompt",
        )
    return weight
