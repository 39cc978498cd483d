"""One job driven from where it is to its end. Whoever takes it up later goes on from what database and folder say."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from deployments.errors import EmblemError, NotFound
from deployments.training import TrainingResult
from serve_app.db.database import Database
from serve_app.files.store import FileStore
from serve_app.fine_tuning.check import DataSetCheck
from serve_app.fine_tuning.folder import JobFolder
from serve_app.fine_tuning.job import (
    HAS_A_RUN,
    PAUSING,
    QUEUED,
    VALIDATING,
    Lease,
    Promotion,
    TrainingError,
    TrainingFailed,
    TrainingRequest,
    run_id,
)
from serve_app.fine_tuning.pause import num_pauses, rest
from serve_app.fine_tuning.runs import Runs
from serve_app.fine_tuning.store import FineTuningStore
from serve_app.fine_tuning.tables import FineTuningJob
from serve_app.fine_tuning.workplace import MAX_ATTEMPTS, Workplace
from serve_app.jobs.rows import LeaseLost

logger = logging.getLogger("ray.serve")


Promote = Callable[[str], Awaitable[object]]  # raises EmblemError


@dataclass(frozen=True)
class Drive:
    database: Database
    store: FineTuningStore
    files: FileStore
    check: DataSetCheck
    runs: Runs
    workplace: Workplace
    promote: Promote
    lease: Lease

    @property
    def folder(self) -> JobFolder:
        return self.workplace.folder_of(self.lease.job_id)

    async def to_the_end(self) -> None:
        """Raises LeaseLost once it is another's, or has ended otherwise, and Unavailable."""
        try:
            row = await self.store.look(self.lease)
            if row.status == VALIDATING:
                await self._validate(row)
            while (row := await self.store.look(self.lease)).status == QUEUED:
                if not await self.store.begin(self.lease, self.workplace.max_running):
                    await asyncio.sleep(self.workplace.poll_s)
            while (row := await self.store.look(self.lease)).status in HAS_A_RUN:
                await self._follow(row)
        except TrainingFailed as failure:
            await self.store.finish(self.lease, "failed", failure.error)

    async def _validate(self, row: FineTuningJob) -> None:
        """Of a data set that is no good nothing is kept."""
        try:
            await self._fetch(row)
            report = await self.check.report(self.folder.data, self.workplace.target_px)
            await self.store.queue(self.lease, report.findings)
        except TrainingFailed:
            await asyncio.to_thread(self.folder.remove)
            raise
        except LeaseLost:
            if await self.store.has_ended(row.id):  # cancelled; else the folder is another replica's by now
                await asyncio.to_thread(self.folder.remove)
            raise

    async def _fetch(self, row: FineTuningJob) -> None:
        await asyncio.to_thread(self.folder.path.mkdir, parents=True, exist_ok=True)
        try:
            file = await self.files.find(row.file_id, row.user_id)
            await self.files.copy(file, self.folder.data)
        except NotFound as error:
            raise TrainingFailed(error.code, error.message, "training_file") from error

    async def _follow(self, row: FineTuningJob) -> None:
        """One look: what is new is told, what has to be done is done."""
        run = run_id(row.id, row.attempt)
        state = await self.runs.state(run, self.folder)
        result = await asyncio.to_thread(self.folder.result)
        has_finished = result is not None and result.outcome != "stopped"
        await self._tell(row)
        must_stop = row.is_cancelled or row.status == PAUSING
        if state == "ended" or (state == "unknown" and (has_finished or must_stop)):
            await self._conclude(row, result if has_finished else None)
            return
        if state == "unknown":
            request = TrainingRequest.model_validate_json(row.request)
            spec = self.workplace.spec(row.id, request, self.runs.on_ray)
            await asyncio.to_thread(self.folder.write_spec, spec)
            await self.runs.submit(run, self.folder)
        elif must_stop:
            await self.runs.stop(run, self.folder)
        await asyncio.sleep(self.workplace.poll_s)

    async def _tell(self, row: FineTuningJob) -> None:
        steps = await asyncio.to_thread(self.folder.steps, row.step)
        checkpoints = await asyncio.to_thread(self.folder.checkpoints, row.checkpoint_step)
        if steps or checkpoints:
            await self.store.add_progress(self.lease, steps, checkpoints)

    async def _conclude(self, row: FineTuningJob, result: TrainingResult | None) -> None:
        await self._keep_log(row)
        if result is None and not row.is_cancelled and row.status == PAUSING:
            await rest(self.database, self.lease)
            return
        num_died = row.attempt - await num_pauses(self.database, row.id)
        if result is None and not row.is_cancelled and num_died < MAX_ATTEMPTS:
            logger.warning("the run %s has died", run_id(row.id, row.attempt))
            await self.store.begin_again(self.lease)
            return
        await self._finish(row, result, num_died)
        await asyncio.to_thread(self.folder.clear)

    async def _finish(self, row: FineTuningJob, result: TrainingResult | None, num_died: int) -> None:
        if row.is_cancelled:
            await self.store.finish(self.lease, "cancelled")
        elif result is None:
            message = f"its run has died {num_died} times"
            await self.store.finish(self.lease, "failed", TrainingError(code="training_died", message=message))
        elif result.outcome == "failed":
            await self.store.finish(self.lease, "failed", TrainingError(code=result.code, message=result.message))
        else:
            promotion = await self._promote(row, result)
            await self.store.finish(self.lease, "succeeded", fine_tuned_model=result.version, promotion=promotion)

    async def _promote(self, row: FineTuningJob, result: TrainingResult) -> Promotion | None:
        """None where it was not asked for. Refused, the job has succeeded all the same: its version is there."""
        await self.store.tell(self.lease, f"published as {result.version}", data=result.metrics)
        if not TrainingRequest.model_validate_json(row.request).promote:
            return None
        try:
            await self.promote(result.version)
        except EmblemError as error:
            await self.store.tell(self.lease, error.message, "warn")
            return Promotion(code=error.code, message=error.message)
        await self.store.tell(self.lease, f"{result.version} is live")
        return Promotion()

    async def _keep_log(self, row: FineTuningJob) -> None:
        if await self.runs.state(run_id(row.id, row.attempt), self.folder) != "unknown":
            await self.runs.keep_log(run_id(row.id, row.attempt), self.folder)
