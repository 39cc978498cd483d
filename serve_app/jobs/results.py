"""What was drawn before: the same request of the same user, drawn by the same model, need not be drawn again."""

import hashlib
import json
from collections.abc import Sequence

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from deployments.schemas import GenerationRecord, GenerationRequest
from deployments.specs import Kind
from serve_app.db.tables import Base, Generation
from serve_app.jobs.job import Lease, Submission


class Result(Base):
    """A generation that was completed, to be found by what was asked for. It goes with its generation."""

    __tablename__ = "results"

    generation_id: Mapped[str] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    fingerprint: Mapped[str]

    __table_args__ = (Index("ix_results_user_id", "user_id", "fingerprint"),)


def fingerprint_of(kind: Kind, request: GenerationRequest, versions: Sequence[str]) -> str:
    """SHA-256 of all that decides the images' files; of input images their content counts, not their place."""
    seen = request.model_dump(mode="json", exclude={
        "generation_id": True, "request_id": True, "traceparent": True, "reports_steps": True, "report_every_s": True,
        "preview_every": True, "priority": True, "deadline_at": True, "model_version": True, "image": {"key"},
        "mask": {"key"},
    })  # fmt: skip
    return hashlib.sha256(json.dumps([kind, *versions, seen], sort_keys=True).encode()).hexdigest()


def remember(session: Session, row: Generation, lease: Lease, record: GenerationRecord) -> None:
    fingerprint = fingerprint_of(lease.kind, lease.request, (record.model_version, *record.adapters))
    session.add(Result(generation_id=row.id, user_id=row.user_id, fingerprint=fingerprint))


def drawn_before(session: Session, submission: Submission) -> Generation | None:
    """The latest; None for what is to be drawn whatever there is."""
    if submission.fingerprint is None:
        return None
    same = (Result.user_id == submission.user_id, Result.fingerprint == submission.fingerprint)
    found = select(Generation).join(Result, Result.generation_id == Generation.id).where(*same)
    return session.scalars(found.order_by(Generation.created_at.desc()).limit(1)).first()
