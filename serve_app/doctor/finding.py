"""What the doctor says of one thing."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "broken"]


@dataclass(frozen=True)
class Finding:
    subject: str
    state: State
    detail: str
    cause: str = ""  # the likely one, when it is not ok
    next_command: str = ""


def ok(subject: str, detail: str) -> Finding:
    return Finding(subject, "ok", detail)


def broken(subject: str, detail: str, cause: str, next_command: str) -> Finding:
    return Finding(subject, "broken", detail, cause, next_command)
