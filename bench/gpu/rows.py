"""What a measurement is, and what becomes of it: one row of the report, measured or with the reason why not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Status = Literal["measured", "not measured", "skipped", "failed"]


class NotMeasured(Exception):
    """This machine cannot take the measurement; the message says why."""


@dataclass(frozen=True)
class Figure:
    value: float
    unit: str
    of_roofline: float | None = None  # floor / measured: 1 is as fast as the rates of the same run allow
    vs_eager: float | None = None  # eager diffusers' seconds / these seconds: above 1 is faster
    relative_l2: float | None = None  # ‖output − eager output‖ / ‖eager output‖
    note: str = ""


@dataclass(frozen=True)
class Measurement:
    case: str
    name: str
    take: Callable[[], Figure]  # may raise NotMeasured
    expected_s: float  # on a GPU; it is skipped when less time is left
    goal: str | None = None  # a key of `report.GOALS`


@dataclass(frozen=True)
class Row:
    case: str
    name: str
    goal: str | None
    status: Status
    took_s: float = 0.0
    figure: Figure | None = None
    reason: str = ""
