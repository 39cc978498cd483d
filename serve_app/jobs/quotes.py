"""What a generation will cost and how long it waits, by what was measured and what stands before it.

The wait counts one device for each kind, and what is being drawn as if it had just begun: it may come out shorter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from deployments.errors import RateLimited, Unavailable
from deployments.schemas import GenerationRequest
from deployments.specs import Kind
from serve_app.db.tables import Generation
from serve_app.jobs.job import IN_PROGRESS, QUEUED, Submission
from serve_app.jobs.pace import Measurement, Pace
from serve_app.jobs.transitions import due_at

MAX_QUEUED = 1000  # of a kind
NUM_MEASURED = 20  # generations: enough to even out, few enough to follow a change of hardware


@dataclass(frozen=True)
class Line:
    """What there is to do of a kind."""

    num_waiting: int
    ahead_s: float | None  # device seconds of what goes before one that comes now; None while that is not known

    def refuse_more(self, kind: Kind, num_more: int = 1) -> None:
        """Raises Unavailable."""
        if self.num_waiting + num_more > MAX_QUEUED:
            raise Unavailable(f"no more than {MAX_QUEUED} generations may wait for {kind}", "queue_full", 30.0)


@dataclass(frozen=True)
class Quote:
    device_s: float | None  # None until such work has been measured, as `wait_s`
    line: Line

    @property
    def wait_s(self) -> float | None:
        return self.line.ahead_s

    def refuse_late(self, request: GenerationRequest) -> None:
        """Raises RateLimited when it would not be drawn by its deadline: at once rather than after a vain wait."""
        if request.deadline_at is None or self.device_s is None or self.wait_s is None:
            return
        left_s = (request.deadline_at - datetime.now(UTC)).total_seconds()
        late_s = self.wait_s + self.device_s - left_s
        if late_s > 0:
            message = f"it would be drawn in {self.wait_s + self.device_s:.1f} s, {late_s:.1f} s after its deadline"
            raise RateLimited(message, "deadline_unmeetable", late_s if self.device_s <= left_s else None)


# Made once: SQLAlchemy takes longer to put a statement together than SQLite to answer it.
_MEASURED = (
    select(Generation.num_pixels, Generation.num_row_steps, Generation.device_s)
    .where(
        Generation.kind == bindparam("kind"),
        Generation.status == "completed",
        Generation.device_s > 0,
        Generation.attempt == 1,
    )
    .order_by(Generation.finished_at.desc())
    .limit(NUM_MEASURED)
)
_IS_AHEAD = or_(Generation.status == IN_PROGRESS, Generation.due_at < bindparam("moment"))
_LINE = select(
    func.count().filter(Generation.status == QUEUED),
    func.count().filter(_IS_AHEAD),
    func.count(Generation.quoted_s).filter(_IS_AHEAD),
    func.coalesce(func.sum(Generation.quoted_s).filter(_IS_AHEAD), 0.0),
).where(Generation.kind == bindparam("kind"), Generation.status.in_((QUEUED, IN_PROGRESS)))


def quotes_of(session: Session, submissions: Sequence[Submission]) -> list[Quote]:
    """Of one kind; none counts as standing before another."""
    kind, now = submissions[0].kind, datetime.now(UTC)
    pace, moments = _pace(session, kind), [due_at(submission.request, now) for submission in submissions]
    lines = {moment: line(session, kind, moment) for moment in set(moments)}
    return [
        Quote(pace.device_s(submission.request), lines[moment])
        for submission, moment in zip(submissions, moments, strict=True)
    ]


def eta_s(session: Session, row: Generation) -> float | None:
    """Until it is drawn. None: it does not wait, or nothing was measured when it came."""
    if row.status != QUEUED or row.quoted_s is None:
        return None
    ahead_s = line(session, row.kind, row.due_at).ahead_s
    return None if ahead_s is None else ahead_s + row.quoted_s


def line(session: Session, kind: str, moment: datetime) -> Line:
    """As it is for one that is due at `moment`."""
    num_waiting, num_ahead, num_known, seconds = session.execute(_LINE, {"kind": kind, "moment": moment}).one()
    return Line(num_waiting, seconds if num_ahead == num_known else None)


def _pace(session: Session, kind: str) -> Pace:
    rows = session.execute(_MEASURED, {"kind": kind})
    return Pace(
        [Measurement(pixels, steps, seconds) for pixels, steps, seconds in rows if pixels and steps and seconds]
    )
