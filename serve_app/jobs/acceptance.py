"""Generations accepted, one or several of a key: from here on each of them ends once, whatever restarts meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from deployments.errors import EmblemError, RateLimited, Unavailable
from serve_app.db.tables import Generation
from serve_app.jobs import transitions
from serve_app.jobs.admission import admit, check
from serve_app.jobs.job import QUEUED, Submission
from serve_app.jobs.quotes import Quote, quote_of
from serve_app.jobs.rows import refuse_more_than

MAX_QUEUED = 1000  # of a kind


@dataclass(frozen=True)
class Offer:
    quote: Quote
    standing: Mapping[str, str]
    refusal: EmblemError | None


def accept(session: Session, submissions: Sequence[Submission]) -> tuple[list[Generation], dict[str, str]]:
    """All of them, of one key and one kind, or none; with the headers that tell what is left of the key's limits.

    Raises RateLimited or Unavailable.
    """
    refuse_more_than(MAX_QUEUED, session, submissions[0].kind, len(submissions))
    quotes = [quote_of(session, submission) for submission in submissions]
    for quote, submission in zip(quotes, submissions, strict=True):
        quote.refuse_late(submission.request)
    standing = admit(session, submissions, [quote.device_s or 0.0 for quote in quotes])
    rows = [
        transitions.new_row(submission, quote.device_s) for quote, submission in zip(quotes, submissions, strict=True)
    ]
    session.add_all(rows)
    session.flush()
    for row, submission in zip(rows, submissions, strict=True):
        transitions.tell(session, row, QUEUED)
        if submission.idempotency:
            session.add(transitions.idempotency_row(submission, submission.idempotency))
    return rows, standing


def offer(session: Session, submission: Submission) -> Offer:
    """What `accept` would say now; keeps nothing."""
    quote, standing, refusal = quote_of(session, submission), dict[str, str](), None
    try:
        refuse_more_than(MAX_QUEUED, session, submission.kind)
        quote.refuse_late(submission.request)
        standing = check(session, [submission], quote.device_s or 0.0, datetime.now(UTC))
    except (RateLimited, Unavailable) as error:
        refusal = error
    return Offer(quote, standing, refusal)
