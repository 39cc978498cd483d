"""Training that nobody does: runs whose reports and ends are told by a test, in the files that a real one writes."""

import json
import time
from pathlib import Path

from deployments.training import CHECKPOINTS, PROGRESS, RESULT, DataSetReport, TrainingResult
from serve_app.fine_tuning.check import DataSetCheck
from serve_app.fine_tuning.folder import JobFolder
from serve_app.fine_tuning.runs import RunState


class PassingCheck(DataSetCheck):
    """Every data set is good."""

    async def report(self, data: Path, target_px: int) -> DataSetReport:
        assert data.exists() and target_px
        return DataSetReport(num_pictures=6, findings=("duplicates: look alike: a.png, b.png",))


class FakeRuns:
    on_ray = False

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.no_capacity: str | None = None
        self.failure: Exception | None = None
        self.needs: list[tuple[bool, bool]] = []
        self._folders: dict[str, JobFolder] = {}
        self._ended: set[str] = set()

    async def refusal(self, needs_gpu: bool, is_busy: bool) -> str | None:
        self.needs.append((needs_gpu, is_busy))
        return self.no_capacity

    async def submit(self, run_id: str, folder: JobFolder) -> None:
        if run_id not in self._folders:
            self._folders[run_id] = folder
            self.submitted.append(run_id)

    async def state(self, run_id: str, folder: JobFolder) -> RunState:  # noqa: ARG002
        if self.failure:
            raise self.failure
        if run_id not in self._folders:
            return "unknown"
        return "ended" if run_id in self._ended else "alive"

    async def stop(self, run_id: str, folder: JobFolder) -> None:  # noqa: ARG002
        self.end(run_id, TrainingResult(outcome="stopped", step=10))

    async def keep_log(self, run_id: str, folder: JobFolder) -> None:
        folder.keep_log(f"the log of {run_id}")

    def begun(self, job_id: str, attempt: int = 1) -> str:
        """Waits for the run."""
        deadline_s = time.monotonic() + 60
        while (run_id := f"{job_id}-{attempt}") not in self._folders:
            assert time.monotonic() < deadline_s, self.submitted
            time.sleep(0.02)
        return run_id

    def report(self, run_id: str, *steps: int, file: str = PROGRESS) -> None:
        with (self._folders[run_id].path / file).open("a") as lines:
            for step in steps:
                lines.write(json.dumps({"step": step, "loss": 1 / step}) + "\n")

    def checkpoint(self, run_id: str, *steps: int) -> None:
        self.report(run_id, *steps, file=CHECKPOINTS)

    def end(self, run_id: str, result: TrainingResult | None) -> None:
        """None: it dies."""
        if result:
            (self._folders[run_id].path / RESULT).write_text(result.model_dump_json())
        self._ended.add(run_id)

    def succeed(self, run_id: str, version: str = "stkr@abababab") -> None:
        folder = self._folders[run_id].path
        (folder / "adapter.safetensors").write_bytes(b"weights")
        self.end(
            run_id, TrainingResult(
                outcome="succeeded", step=40, adapter="adapter.safetensors", version=version, metrics={"clip_i": 0.5}
            ),
        )  # fmt: skip
