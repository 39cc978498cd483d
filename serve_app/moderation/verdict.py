"""What is said of a text that somebody wants drawn, and who says it."""

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Verdict:
    decision: Literal["allow", "review", "block"]  # review: drawn, and marked in the audit log
    reason: str = ""  # told to the caller when it is blocked


class Policy(Protocol):
    async def judge(self, text: str) -> Verdict:
        """`text` is a prompt or a negative prompt as the encoders read it, never blank. What it raises refuses the
        request."""
        ...
