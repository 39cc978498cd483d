"""A job that rests: paused by its owner, resumed by its owner, and on from its last checkpoint."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deployments.errors import Conflict
from serve_app.audit.act import Act
from serve_app.db.database import Database
from serve_app.fine_tuning.job import PAUSED, PAUSING, QUEUED, RUNNING, Lease
from serve_app.fine_tuning.rows import held, owned, tell
from serve_app.fine_tuning.store import KIND
from serve_app.fine_tuning.tables import FineTuningEvent, FineTuningJob

RUN_PAUSED = "paused; its last checkpoint is kept"  # told once for each run that was stopped for it


async def pause(database: Database, job_id: str, user_id: str, act: Act) -> FineTuningJob:
    """At once while it waits; else its run is stopped soon, and has its place until then.

    Raises NotFound, and Conflict for one that has ended or is looked at.
    """

    def mark(session: Session) -> FineTuningJob:
        row = owned(session, job_id, user_id, is_locked=True)
        if row.status == QUEUED:
            _rest(session, row, "paused while it waits")
        elif row.status == RUNNING and not row.is_cancelled:
            row.status = PAUSING
            tell(session, row, "stopping the run, to pause")
        elif row.status not in (PAUSING, PAUSED):
            raise Conflict(f"a job that is {_told(row)} can't be paused", "job_not_pausable")
        act.upon(KIND, row.id).write(session)
        return row

    return await database.write(mark)


async def resume(database: Database, job_id: str, user_id: str, act: Act) -> FineTuningJob:
    """It waits for its turn again, in line by when it was submitted. Raises NotFound and Conflict."""

    def mark(session: Session) -> FineTuningJob:
        row = owned(session, job_id, user_id, is_locked=True)
        if row.status != PAUSED:
            raise Conflict(f"a job that is {_told(row)} can't be resumed", "job_not_paused")
        row.status = QUEUED
        tell(session, row, "resumed; waiting for its turn")
        act.upon(KIND, row.id).write(session)
        return row

    return await database.write(mark)


async def rest(database: Database, lease: Lease) -> None:
    """Its run has stopped; one that has been cancelled meanwhile is left to be. Raises LeaseLost."""

    def stop(session: Session) -> None:
        row = held(session, lease)
        if not row.is_cancelled:
            _rest(session, row, RUN_PAUSED)

    await database.write(stop)


async def num_pauses(database: Database, job_id: str) -> int:
    """Runs that were stopped for it, and did not die."""
    paused = (FineTuningEvent.job_id == job_id, FineTuningEvent.message == RUN_PAUSED)
    counted = select(func.count()).select_from(FineTuningEvent).where(*paused)
    return await database.read(lambda session: session.scalar(counted) or 0)


def _rest(session: Session, row: FineTuningJob, message: str) -> None:
    """Nobody drives it any more."""
    row.status, row.worker, row.lease_until = PAUSED, None, None
    tell(session, row, message)


def _told(row: FineTuningJob) -> str:
    return "being cancelled" if row.is_cancelled and row.finished_at is None else row.status
