"""A generation is accepted: known, refused, or a new row, each within the transaction that it is called in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from deployments.errors import EmblemError, RateLimited, Unavailable
from serve_app.db.tables import Generation
from serve_app.jobs import transitions
from serve_app.jobs.admission import admit, check
from serve_app.jobs.job import QUEUED, Lease, Submission
from serve_app.jobs.minute import Minute
from serve_app.jobs.quotes import Line, Quote, quotes_of
from serve_app.jobs.results import drawn_before
from serve_app.jobs.rows import known, write_down
from serve_app.webhooks.store import new_webhook


@dataclass(frozen=True)
class Accepted:
    row: Generation
    lease: Lease | None
    standing: Mapping[str, str]  # what remains of the key's limits, as response headers
    is_cached: bool = False  # drawn for an earlier request


@dataclass(frozen=True)
class Offer:
    quote: Quote
    standing: Mapping[str, str]
    refusal: EmblemError | None


def accept(
    session: Session, submission: Submission, minute: Minute, worker: str | None, refusal: Unavailable | None
) -> Accepted:
    """With a `worker` it is leased to that one at once. `refusal` is raised for what would have to be drawn.

    Raises InvalidRequest, RateLimited or Unavailable.

    A caller's idempotency key that is known returns the generation that it began, and no lease. So does a request that
    was drawn before; it counts against no limit.
    """
    begun = known(session, submission)
    if begun is not None:
        write_down(session, submission.act, begun.id)
        return Accepted(begun, None, {})
    if drawn := drawn_before(session, submission):
        write_down(session, submission.act, drawn.id)
        if submission.idempotency:
            session.add(transitions.idempotency_row(submission, submission.idempotency, drawn.id))
        return Accepted(drawn, None, {}, is_cached=True)
    if refusal:
        raise refusal
    (row,), standing = accept_all(session, [submission], minute)
    lease = transitions.lease(session, row, worker) if worker else None
    write_down(session, submission.act, row.id)
    return Accepted(row, lease, standing)


def accept_all(
    session: Session, submissions: Sequence[Submission], minute: Minute
) -> tuple[list[Generation], dict[str, str]]:
    """All of them, of one key and one kind, to be drawn; or none. With the headers that tell what is left.

    Raises RateLimited or Unavailable.
    """
    quotes = quotes_of(session, submissions)
    quotes[0].line.refuse_more(submissions[0].kind, len(submissions))
    for quote, submission in zip(quotes, submissions, strict=True):
        quote.refuse_late(submission.request)
    standing = admit(session, submissions, [quote.device_s or 0.0 for quote in quotes], minute)
    rows = [
        transitions.new_row(submission, quote.device_s) for quote, submission in zip(quotes, submissions, strict=True)
    ]
    session.add_all(rows)
    for row, submission in zip(rows, submissions, strict=True):
        transitions.tell(session, row, QUEUED)
        if submission.idempotency:
            session.add(transitions.idempotency_row(submission, submission.idempotency, row.id))
        if submission.webhook_url:
            session.add(new_webhook(row.id, submission.api_key_id, submission.webhook_url))
    return rows, standing


def offer(session: Session, submission: Submission, minute: Minute) -> Offer:
    """What `accept` would say now."""
    if drawn_before(session, submission):
        return Offer(Quote(device_s=0.0, line=Line(num_waiting=0, ahead_s=0.0)), {}, None)
    (quote,), standing, refusal = quotes_of(session, [submission]), dict[str, str](), None
    try:
        quote.line.refuse_more(submission.kind)
        quote.refuse_late(submission.request)
        standing = check(session, [submission], quote.device_s or 0.0, minute.look)
    except (RateLimited, Unavailable) as error:
        refusal = error
    return Offer(quote, standing, refusal)
