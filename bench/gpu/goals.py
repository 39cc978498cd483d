"""What the rows are held to. The figures are set for an H200; `reference/performance.md` §6 derives them."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.gpu.rows import Row


@dataclass(frozen=True)
class Goal:
    key: str
    text: str
    bound: float
    unit: str  # of the figures that count
    is_at_least: bool

    @property
    def wanted(self) -> str:
        return f"{'≥' if self.is_at_least else '≤'} {self.bound:g} {self.unit}"

    def best(self, rows: Sequence[Row]) -> Row | None:
        """Among those measured for this goal; None when there are none."""
        held = [row for row in rows if row.goal == self.key and row.figure is not None and row.figure.unit == self.unit]
        if not held:
            return None
        return (max if self.is_at_least else min)(held, key=_value)

    def is_met(self, row: Row) -> bool:
        return _value(row) >= self.bound if self.is_at_least else _value(row) <= self.bound


GOALS = (
    Goal("images_bf16", "20 steps with guidance and decode, 1024², bf16", 2.0, "images/s", True),
    Goal("images_fp8", "the same with fp8 linears", 2.6, "images/s", True),
    Goal("single", "one such image alone", 0.45, "s", False),
    Goal("adapters", "throughput with 32 adapters in the batch", 0.94, "of base", True),
    Goal("adapter_add", "one more adapter made resident", 5.0, "ms", False),
    Goal("decode", "decode of one image, 1024²", 25.0, "ms", False),
)


def _value(row: Row) -> float:
    assert row.figure is not None
    return row.figure.value
