"""A job's row: looked up by its owner or by who drives it, and what may happen to it within one transaction."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deployments.errors import NotFound, RateLimited
from serve_app.fine_tuning.job import OUTCOMES, UNDER_WAY, EventType, Lease, Level, Outcome, Promotion, TrainingError
from serve_app.fine_tuning.tables import FineTuningEvent, FineTuningJob
from serve_app.jobs.rows import LeaseLost

MAX_UNDER_WAY = 10  # of a user, the waiting ones included


def owned(session: Session, job_id: str, user_id: str, is_locked: bool = False) -> FineTuningJob:
    """Raises NotFound, also for another user's: whether it exists is not the caller's to know."""
    row = session.get(FineTuningJob, job_id, with_for_update=is_locked or None)
    if row is None or row.user_id != user_id:
        raise NotFound(f"no fine-tuning job {job_id!r}", "fine_tuning_job_not_found")
    return row


def held(session: Session, lease: Lease, is_locked: bool = True) -> FineTuningJob:
    """Raises LeaseLost, also once it has ended."""
    row = session.get(FineTuningJob, lease.job_id, with_for_update=is_locked or None)
    if row is None or row.worker != lease.worker or row.status in OUTCOMES:
        raise LeaseLost(lease.job_id)
    return row


def refuse_more(session: Session, user_id: str) -> None:
    of_user = (FineTuningJob.user_id == user_id, FineTuningJob.status.in_(UNDER_WAY))
    if (session.scalar(select(func.count()).select_from(FineTuningJob).where(*of_user)) or 0) >= MAX_UNDER_WAY:
        raise RateLimited(f"this user has {MAX_UNDER_WAY} fine-tuning jobs under way", "too_many_trainings", None)


def tell(
    session: Session, row: FineTuningJob, message: str, level: Level = "info", kind: EventType = "message",
    data: Mapping[str, float] | None = None,
) -> None:  # fmt: skip
    """`row` is locked, so nobody else counts its events now."""
    row.num_events += 1
    session.add(
        FineTuningEvent(
            job_id=row.id, seq=row.num_events, type=kind, level=level, message=message,
            data=None if data is None else json.dumps(data), created_at=datetime.now(UTC),
        )
    )  # fmt: skip


def end(
    session: Session, row: FineTuningJob, outcome: Outcome, error: TrainingError | None = None,
    fine_tuned_model: str | None = None, promotion: Promotion | None = None,
) -> None:  # fmt: skip
    row.promotion = promotion.model_dump_json() if promotion else None
    row.status, row.finished_at, row.worker, row.lease_until = outcome, datetime.now(UTC), None, None
    row.error = error.model_dump_json() if error else None
    row.fine_tuned_model = fine_tuned_model
    tell(session, row, error.message if error else f"the job has {_PAST[outcome]}", "error" if error else "info")


_PAST: Mapping[Outcome, str] = {"succeeded": "succeeded", "failed": "failed", "cancelled": "been cancelled"}
