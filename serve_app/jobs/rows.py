"""Generations' rows as they are looked up: by their owner, their worker, or the name of a request."""

from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest, NotFound
from serve_app.audit.act import Act
from serve_app.db.tables import Generation, IdempotencyKey
from serve_app.jobs.job import IN_PROGRESS, Lease, Submission


class LeaseLost(Exception):
    """Another worker has the generation now, or it has ended: what this one still says of it does not count."""


def owned(session: Session, generation_id: str, user_id: str, is_locked: bool = False) -> Generation:
    """Raises NotFound, also for another user's: whether it exists is not the caller's to know."""
    row = session.get(Generation, generation_id, with_for_update=is_locked or None)
    if row is None or row.user_id != user_id:
        raise NotFound(f"no generation {generation_id!r}", "generation_not_found")
    return row


def held(session: Session, lease: Lease) -> Generation:
    """Raises LeaseLost."""
    row = session.get(Generation, lease.generation_id, with_for_update=True)
    if row is None or (row.status, row.worker, row.attempt) != (IN_PROGRESS, lease.worker, lease.attempt):
        raise LeaseLost(lease.generation_id)
    return row


def known(session: Session, submission: Submission) -> Generation | None:
    """What the same request began before. Raises InvalidRequest when another one had its name."""
    named = submission.idempotency
    if named is None:
        return None
    row = session.get(IdempotencyKey, (submission.api_key_id, named.route, named.key))
    if row is None:
        return None
    if row.fingerprint != named.fingerprint:
        raise InvalidRequest("this Idempotency-Key came with another body before", "idempotency_mismatch")
    return session.get_one(Generation, row.generation_id)


def write_down(session: Session, act: Act | None, generation_id: str) -> None:
    """Into the audit log, with what `act` has changed."""
    if act:
        act.upon("generation", generation_id).write(session)
