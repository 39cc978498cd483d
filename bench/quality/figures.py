"""What was measured, with the goal it had, and the page that tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Figure:
    """`None` where nothing could be measured: that is no goal met."""

    name: str
    value: float | None
    num_measured: int
    goal: float | None = None
    better: Literal["higher", "lower"] = "higher"

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        if self.value is None:
            return "not measured"
        is_met = self.value >= self.goal if self.better == "higher" else self.value <= self.goal
        return "met" if is_met else "missed"

    def row(self) -> str:
        value = "" if self.value is None else f"{self.value:.2f}"
        sign = "at least" if self.better == "higher" else "at most"
        goal = "" if self.goal is None else f"{sign} {self.goal:g}"
        return f"| {self.name} | {value} | {self.num_measured} | {goal} | {self.verdict} |"


def share(outcomes: Sequence[bool]) -> float | None:
    return sum(outcomes) / len(outcomes) if outcomes else None


def table(figures: Sequence[Figure]) -> str:
    head = "| what | value | of | goal | |\n|---|---:|---:|---|---|\n"
    return head + "\n".join(figure.row() for figure in figures) + "\n"
