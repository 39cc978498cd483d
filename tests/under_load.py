"""Versions that take each other's place while images are drawn."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np

from tests.graph import wait_for

NUM_CALLERS = 3

Drawn = tuple[np.ndarray, Any]  # pixels, and what was told of the version


def drawn_while_moving(draw: Callable[[], Drawn], moves: Iterable[tuple[Callable[[], object], object]]) -> list[Drawn]:
    """All images that callers were given meanwhile.

    Each move comes with what is told of images once it is done, and the next waits until there is one of which it is.
    Raises what a caller failed with.
    """
    is_over, drawn = Event(), list[Drawn]()

    def keep_drawing() -> None:
        while not is_over.is_set():
            drawn.append(draw())

    with ThreadPoolExecutor(NUM_CALLERS) as pool:
        callers = [pool.submit(keep_drawing) for _ in range(NUM_CALLERS)]

        def has_drawn(told: object, num_before: int) -> bool:
            return told in [later for _, later in drawn[num_before:]] or any(caller.done() for caller in callers)

        try:
            for move, told in moves:
                move()
                num_before = len(drawn)
                wait_for(lambda: has_drawn(told, num_before), 60, 0.01)  # noqa: B023  (called at once)
        finally:
            is_over.set()
        for caller in callers:
            caller.result()
    return drawn
