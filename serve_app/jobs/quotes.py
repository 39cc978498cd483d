"""What a generation will cost and how long it waits, by what was measured and what stands before it.

The wait counts one device for each kind, and what is being drawn as if it had just begun: it may come out shorter.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from deployments.errors import RateLimited
from deployments.schemas import GenerationRequest
from serve_app.db.tables import Generation
from serve_app.jobs.job import IN_PROGRESS, QUEUED, Submission
from serve_app.jobs.pace import Measurement, Pace
from serve_app.jobs.transitions import due_at

NUM_MEASURED = 20  # generations: enough to even out, few enough to follow a change of hardware


@dataclass(frozen=True)
class Quote:
    device_s: float | None  # both None until such work has been measured
    wait_s: float | None

    def refuse_late(self, request: GenerationRequest) -> None:
        """Raises RateLimited when it would not be drawn by its deadline: at once rather than after a vain wait."""
        if request.deadline_at is None or self.device_s is None or self.wait_s is None:
            return
        left_s = (request.deadline_at - datetime.now(UTC)).total_seconds()
        late_s = self.wait_s + self.device_s - left_s
        if late_s > 0:
            message = f"it would be drawn in {self.wait_s + self.device_s:.1f} s, {late_s:.1f} s after its deadline"
            raise RateLimited(message, "deadline_unmeetable", late_s if self.device_s <= left_s else None)


def quote_of(session: Session, submission: Submission) -> Quote:
    device_s = _pace(session, submission.kind).device_s(submission.request)
    return Quote(device_s, _ahead_s(session, submission.kind, due_at(submission.request, datetime.now(UTC))))


def eta_s(session: Session, row: Generation) -> float | None:
    """Until it is drawn. None: it does not wait, or nothing was measured when it came."""
    if row.status != QUEUED or row.quoted_s is None:
        return None
    ahead_s = _ahead_s(session, row.kind, row.due_at)
    return None if ahead_s is None else ahead_s + row.quoted_s


def _pace(session: Session, kind: str) -> Pace:
    cost = (Generation.num_pixels, Generation.num_row_steps, Generation.device_s)
    measured = (
        Generation.kind == kind,
        Generation.status == "completed",
        Generation.device_s > 0,
        Generation.attempt == 1,
    )
    latest = select(*cost).where(*measured).order_by(Generation.finished_at.desc()).limit(NUM_MEASURED)
    rows = session.execute(latest)
    return Pace(
        [Measurement(pixels, steps, seconds) for pixels, steps, seconds in rows if pixels and steps and seconds]
    )


def _ahead_s(session: Session, kind: str, moment: datetime) -> float | None:
    """None while what stands before it is not known."""
    is_ahead: ColumnElement[bool] = or_(
        Generation.status == IN_PROGRESS, (Generation.status == QUEUED) & (Generation.due_at < moment)
    )
    counts = (func.count(), func.count(Generation.quoted_s), func.coalesce(func.sum(Generation.quoted_s), 0.0))
    num_ahead, num_known, seconds = session.execute(select(*counts).where(Generation.kind == kind, is_ahead)).one()
    return seconds if num_ahead == num_known else None
