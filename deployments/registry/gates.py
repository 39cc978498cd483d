"""What has to hold of a version's metrics before it may become live."""

from collections.abc import Mapping, Sequence

from pydantic import FiniteFloat

from deployments.schemas import Record


class Gate(Record):
    """Without bounds it asks only that there is such a metric, and so that it is finite."""

    metric: str
    above: FiniteFloat | None = None
    at_most: FiniteFloat | None = None

    def failure(self, metrics: Mapping[str, float]) -> str | None:
        """Why it does not hold, with the value."""
        if self.metric not in metrics:
            return f"{self.metric} was not measured, or is not finite"
        value = metrics[self.metric]
        if self.above is not None and not value > self.above:
            return f"{self.metric} is {value:.4g}, not above {self.above:g}"
        if self.at_most is not None and not value <= self.at_most:
            return f"{self.metric} is {value:.4g}, over {self.at_most:g}"
        return None


def failures(gates: Sequence[Gate], metrics: Mapping[str, float]) -> list[str]:
    return [failure for gate in gates if (failure := gate.failure(metrics))]


DEFAULT_GATES = (
    Gate(metric="loss_after"),
    Gate(metric="clip_i_gain_low_base", above=0.0),  # the style is there, by more than chance
    Gate(metric="copies", at_most=0.1),  # it is a style, and not the pictures themselves
)
