"""The tables of fine-tuning. A change here comes with a migration, as in `db/tables.py`."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from serve_app.db.tables import Base


class FineTuningJob(Base):
    """What is to be learnt of what, how far it is, and what came of it. One gateway replica drives it at a time."""

    __tablename__ = "fine_tuning_jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    file_id: Mapped[str]  # the data set, which may have been deleted since: the job has a copy of its own
    request: Mapped[str] = mapped_column(Text)  # a TrainingRequest, as JSON
    status: Mapped[str]
    attempt: Mapped[int]  # runs begun: a run that dies is begun again, and goes on from its checkpoint
    num_events: Mapped[int]
    step: Mapped[int]  # the last one told of
    checkpoint_step: Mapped[int]
    worker: Mapped[str | None]  # the gateway replica that drives it, until `lease_until` unless it renews
    lease_until: Mapped[datetime | None]
    is_cancelled: Mapped[bool]  # asked for while it runs; the worker sees it at its next look
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)  # a TrainingError, as JSON
    fine_tuned_model: Mapped[str | None]
    promotion: Mapped[str | None] = mapped_column(Text)  # a Promotion, as JSON; None where none was asked for

    __table_args__ = (
        Index("ix_fine_tuning_jobs_status", "status", "lease_until"),
        Index("ix_fine_tuning_jobs_user_id", "user_id", "created_at", "id"),
    )


class FineTuningEvent(Base):
    """What happened to a job, in order; the last one tells its end."""

    __tablename__ = "fine_tuning_events"

    job_id: Mapped[str] = mapped_column(ForeignKey("fine_tuning_jobs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]  # `message`, `metrics` or `checkpoint`
    level: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[str | None] = mapped_column(Text)  # numbers by name, as JSON
    created_at: Mapped[datetime]
