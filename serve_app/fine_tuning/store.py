"""Fine-tuning jobs in the database: accepted, driven by one replica at a time, ended once, whatever dies meanwhile."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from serve_app.audit.act import DONE, Act
from serve_app.auth.key_store import Caller
from serve_app.db.database import Database
from serve_app.fine_tuning.job import (
    DRIVEN,
    HAS_A_RUN,
    OUTCOMES,
    PAUSED,
    QUEUED,
    RUNNING,
    VALIDATING,
    Lease,
    Level,
    Outcome,
    Promotion,
    Told,
    TrainingError,
    TrainingRequest,
)
from serve_app.fine_tuning.rows import end, held, owned, refuse_more, tell
from serve_app.fine_tuning.tables import FineTuningJob
from serve_app.jobs.transitions import LEASE

KIND = "fine_tuning_job"  # in the audit log


class FineTuningStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def submit(self, caller: Caller, file_id: str, request: TrainingRequest, act: Act) -> FineTuningJob:
        """Raises RateLimited."""
        row = FineTuningJob(
            id=f"ftjob_{uuid.uuid4().hex}", api_key_id=caller.key_id, user_id=caller.user_id, file_id=file_id,
            request=request.model_dump_json(), status=VALIDATING, attempt=0, num_events=0, step=0, checkpoint_step=0,
            worker=None, lease_until=None, is_cancelled=False, created_at=datetime.now(UTC), started_at=None,
            finished_at=None, error=None, fine_tuned_model=None, promotion=None,
        )  # fmt: skip

        def add(session: Session) -> FineTuningJob:
            refuse_more(session, caller.user_id)
            session.add(row)
            session.flush()
            tell(session, row, "looking at the data set")
            act.upon(KIND, row.id).write(session)
            return row

        return await self._database.write(add)

    async def is_busy(self) -> bool:
        running = select(FineTuningJob.id).where(FineTuningJob.status.in_(HAS_A_RUN)).limit(1)
        return await self._database.read(lambda session: session.scalar(running)) is not None

    async def cancel(self, job_id: str, user_id: str, act: Act) -> FineTuningJob:
        """At once when nothing runs yet; else its run is stopped soon. Raises NotFound."""

        def mark(session: Session) -> FineTuningJob:
            row = owned(session, job_id, user_id, is_locked=True)
            if row.status in HAS_A_RUN and not row.is_cancelled:
                row.is_cancelled = True
                tell(session, row, "stopping the run; its last checkpoint is kept")
            elif row.status in (VALIDATING, QUEUED, PAUSED):
                end(session, row, "cancelled")
            act.upon(KIND, row.id).write(session)
            return row

        return await self._database.write(mark)

    async def claim(self, worker: str, under_way: Collection[str]) -> list[Lease]:
        """What nobody drives, or somebody who has not been heard of for a while."""
        now = datetime.now(UTC)
        is_free = or_(FineTuningJob.lease_until.is_(None), FineTuningJob.lease_until < now)
        free = select(FineTuningJob).where(
            FineTuningJob.status.in_(DRIVEN), is_free, FineTuningJob.id.not_in(under_way)
        )

        def take(session: Session) -> list[Lease]:
            rows = session.scalars(free.with_for_update(skip_locked=True)).all()
            for row in rows:
                row.worker, row.lease_until = worker, now + LEASE
            return [Lease(row.id, worker) for row in rows]

        is_any = await self._database.read(lambda session: session.scalars(free.limit(1)).first() is not None)
        return await self._database.write(take) if is_any else []

    async def renew(self, worker: str, job_ids: Collection[str]) -> set[str]:
        """Those that are still this worker's."""
        its_own = (FineTuningJob.id.in_(job_ids), FineTuningJob.worker == worker)

        def extend(session: Session) -> set[str]:
            session.execute(update(FineTuningJob).where(*its_own).values(lease_until=datetime.now(UTC) + LEASE))
            return set(session.scalars(select(FineTuningJob.id).where(*its_own)))

        return await self._database.write(extend)

    async def give_back(self, worker: str) -> None:
        """All that it drives: for another replica, or the next start."""
        its_own = update(FineTuningJob).where(FineTuningJob.worker == worker)
        await self._database.write(lambda session: session.execute(its_own.values(worker=None, lease_until=None)))

    async def has_ended(self, job_id: str) -> bool:
        row = await self._database.read(lambda session: session.get_one(FineTuningJob, job_id))
        return row.status in OUTCOMES

    async def look(self, lease: Lease) -> FineTuningJob:
        """Raises LeaseLost."""
        return await self._database.read(lambda session: held(session, lease, is_locked=False))

    async def queue(self, lease: Lease, findings: Sequence[str]) -> None:
        """Its data set is good. Raises LeaseLost."""

        def put(session: Session) -> None:
            row = held(session, lease)
            row.status = QUEUED
            for finding in findings:
                tell(session, row, finding, "warn")
            tell(session, row, "the data set is good; waiting for its turn")

        await self._database.write(put)

    async def begin(self, lease: Lease, max_running: int) -> bool:
        """When it is among the first of those that wait, and fewer than `max_running` run. Raises LeaseLost."""

        in_line = select(FineTuningJob).where(FineTuningJob.status.in_((QUEUED, *HAS_A_RUN)))
        in_line = in_line.order_by(FineTuningJob.created_at, FineTuningJob.id)

        def is_its_turn(rows: Sequence[FineTuningJob]) -> bool:
            free = max(0, max_running - sum(one.status in HAS_A_RUN for one in rows))
            return lease.job_id in [one.id for one in rows if one.status == QUEUED][:free]

        def start(session: Session) -> bool:
            # All in one order, so that two replicas never wait for each other.
            if not is_its_turn(session.scalars(in_line.with_for_update()).all()):
                return False
            row = held(session, lease)
            row.status, row.attempt = RUNNING, row.attempt + 1
            row.started_at = row.started_at or datetime.now(UTC)
            tell(session, row, "training")
            return True

        # Most of the time it is not, and looking takes no lock.
        may_be = await self._database.read(lambda session: is_its_turn(session.scalars(in_line).all()))
        return may_be and await self._database.write(start)

    async def begin_again(self, lease: Lease) -> None:
        """Raises LeaseLost."""

        def start(session: Session) -> None:
            row = held(session, lease)
            row.attempt += 1
            tell(session, row, "the run has died; it goes on from its last checkpoint", "warn")

        await self._database.write(start)

    async def add_progress(self, lease: Lease, steps: Sequence[Told], checkpoints: Sequence[Told]) -> None:
        """A run that goes on from a checkpoint tells some steps again: those are known. Raises LeaseLost."""

        def add(session: Session) -> None:
            row = held(session, lease)
            for told in steps:
                if told.step > row.step:
                    row.step = told.step
                    tell(session, row, f"step {told.step}", kind="metrics", data={"step": told.step} | told.metrics)
            for told in checkpoints:
                if told.step > row.checkpoint_step:
                    row.checkpoint_step = told.step
                    data = {"step": told.step} | told.metrics
                    tell(session, row, f"checkpoint of step {told.step}", kind="checkpoint", data=data)

        await self._database.write(add)

    async def finish(
        self, lease: Lease, outcome: Outcome, error: TrainingError | None = None, fine_tuned_model: str | None = None,
        promotion: Promotion | None = None,
    ) -> None:  # fmt: skip
        """The one end. Raises LeaseLost."""

        def finish(session: Session) -> None:
            row = held(session, lease)
            if promotion and fine_tuned_model:
                _act_of(row).upon("model_version", fine_tuned_model).write(session, promotion.code or DONE)
            end(session, row, outcome, error, fine_tuned_model, promotion)

        await self._database.write(finish)

    async def tell(
        self, lease: Lease, message: str, level: Level = "info", data: Mapping[str, float] | None = None
    ) -> None:  # fmt: skip
        """Raises LeaseLost."""
        await self._database.write(lambda session: tell(session, held(session, lease), message, level, data=data))


def _act_of(row: FineTuningJob) -> Act:
    """A promotion that the job's owner asked for when it was submitted."""
    return Act(row.api_key_id, "promote_model_version", row.id, None)
