"""A job's folder, in storage that every node reaches: its data set, what its run is told, and what that tells."""

import json
import math
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deployments.training import CHECKPOINTS, PROGRESS, RESULT, SPEC, TrainingResult, TrainingSpec
from serve_app.fine_tuning.job import Told

DATA = "data.zip"
LOG = "run.log"
MAX_LOG_BYTES = 64 * 1024  # the last ones
PASSING = (DATA, SPEC, "encoded", "priors", "ray")  # of no use once the job has succeeded


@dataclass(frozen=True)
class JobFolder:
    path: Path

    @property
    def data(self) -> Path:
        return self.path / DATA

    @property
    def log(self) -> Path:
        return self.path / LOG

    @property
    def spec(self) -> Path:
        return self.path / SPEC

    def write_spec(self, spec: TrainingSpec) -> None:
        """A result that is there belongs to a run that has died or been stopped."""
        (self.path / RESULT).unlink(missing_ok=True)
        partial = self.path / f".{SPEC}"
        partial.write_text(spec.model_dump_json())
        partial.replace(self.spec)

    def result(self) -> TrainingResult | None:
        with suppress(FileNotFoundError):
            return TrainingResult.model_validate_json((self.path / RESULT).read_text())
        return None

    def steps(self, after: int) -> list[Told]:
        return _told(self.path / PROGRESS, after)

    def checkpoints(self, after: int) -> list[Told]:
        return _told(self.path / CHECKPOINTS, after)

    def keep_log(self, text: str) -> None:
        self.log.write_bytes(text.encode()[-MAX_LOG_BYTES:])

    def clear(self) -> None:
        """Leaves what came of it."""
        for name in PASSING:
            shutil.rmtree(self.path / name, ignore_errors=True)
            with suppress(OSError):
                (self.path / name).unlink()

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _told(path: Path, after: int) -> list[Told]:
    """Whole lines only: the last may be half written, or half of what a killed process wrote.

    A loss that is no number any more is left out, since JSON has none for it; its step is told.
    """
    try:
        lines = path.read_text().split("\n")[:-1]
    except FileNotFoundError:
        return []
    told = []
    for line in lines:
        with suppress(ValueError):
            metrics: dict[str, float] = json.loads(line)
            step = int(metrics.pop("step"))
            told.append(Told(step, {name: value for name, value in metrics.items() if math.isfinite(value)}))
    return [one for one in told if one.step > after]
