"""A data set looked at in a process of its own, by the rules of training, which the gateway does not import."""

import asyncio
import os
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from deployments.training import DataSetReport
from serve_app.fine_tuning.job import TrainingFailed
from serve_app.fine_tuning.runs import PASSED_ON

MEMORY_BYTES = 2 << 30
MAX_AT_ONCE = 2  # in one gateway
TIMEOUT_S = 900.0  # two thousand large pictures


@dataclass(frozen=True)
class DataSetCheck:
    timeout_s: float = TIMEOUT_S
    memory_bytes: int = MEMORY_BYTES
    _turns: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, MAX_AT_ONCE))

    async def report(self, data: Path, target_px: int) -> DataSetReport:
        """Raises TrainingFailed. Whoever waits no more has the process killed."""
        async with self._turns:
            return await self._report(data, target_px)

    async def _report(self, data: Path, target_px: int) -> DataSetReport:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "train.data", str(data), str(target_px), str(self.memory_bytes),
            env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self.timeout_s):
                told, _ = await process.communicate()
        except TimeoutError:
            told = b""
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            limits = f"{self.timeout_s:g} s and {self.memory_bytes} bytes of memory"
            raise TrainingFailed("dataset_processing_limit", f"it can't be read within {limits}", "training_file")
        report = DataSetReport.model_validate_json(told)
        if report.error:
            raise TrainingFailed("invalid_dataset", report.error, "training_file")
        return report
