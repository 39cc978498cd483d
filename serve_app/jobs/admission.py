"""What a key may ask for: so much in a minute, and so much at once.

Counted from the ledger of accepted generations, or what a minute holds in Redis, inside the transaction that accepts
the next: exact among any number of gateway replicas and over restarts. The minute is a moving one: a fixed one lets
twice as much through at its edge.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from deployments.errors import RateLimited
from serve_app.auth.limits import Limits
from serve_app.db.tables import ApiKey, Generation, Usage
from serve_app.jobs.job import OUTCOMES, Submission
from serve_app.jobs.minute import Entries, Minute

MINUTE_S = 60.0
DAY_S = 24 * 3600.0
CONCURRENCY_RETRY_S = 1.0  # nobody knows when the first of them ends

Count = Callable[[Session, Sequence[Submission]], tuple[datetime, Entries]]


class Window:
    """One limit over the last `length_s`; `entries` are when and how much, the oldest first."""

    def __init__(
        self,
        unit: str,
        limit: int,
        entries: Sequence[tuple[datetime, float]],
        now: datetime,
        length_s: float = MINUTE_S,
    ) -> None:
        self.unit = unit
        self.limit = limit
        self._left_s = [(length_s - (now - moment).total_seconds(), amount) for moment, amount in entries]
        self.used = sum(amount for _, amount in entries)

    def wait_s(self, amount: float) -> float | None:
        """Until `amount` fits, 0 for now; None: it never does."""
        if amount > self.limit:
            return None
        excess, wait_s = self.used + amount - self.limit, 0.0
        for left_s, leaving in self._left_s:
            if excess <= 0:
                break
            excess, wait_s = excess - leaving, left_s
        return wait_s

    def headers(self, used: float) -> dict[str, str]:
        reset_s = self._left_s[-1][0] if self._left_s else 0.0
        return {
            f"x-ratelimit-limit-{self.unit}": str(self.limit),
            f"x-ratelimit-remaining-{self.unit}": str(math.floor(max(0, self.limit - used))),
            f"x-ratelimit-reset-{self.unit}": f"{max(reset_s, 0):.3f}s",
        }


def admit(
    session: Session, submissions: Sequence[Submission], devices_s: Sequence[float], minute: Minute
) -> dict[str, str]:
    """Books all of them, of one key, and what each is expected to take; or none.

    Returns the headers that tell what is left. Raises RateLimited, or Unavailable when nobody can say what is left.
    """
    key_id, now = submissions[0].api_key_id, datetime.now(UTC)
    if submissions[0].limits != Limits():
        # Of two gateways that ask at once, the second waits here until the first has booked.
        session.execute(select(ApiKey.id).where(ApiKey.id == key_id).with_for_update())
    standing = check(session, submissions, sum(devices_s), minute.take)
    for submission, device_s in zip(submissions, devices_s, strict=True):
        request = submission.request
        session.add(Usage(
            generation_id=request.generation_id, api_key_id=key_id, created_at=now, num_images=len(request.seeds),
            kind=submission.kind, day=now.date().isoformat(), device_s=device_s,
        ))  # fmt: skip
    return standing


def check(session: Session, submissions: Sequence[Submission], device_s: float, count: Count) -> dict[str, str]:
    """The headers that tell what is left after all of them, which take `device_s` together.

    `count` is a method of `Minute`. Raises as `admit` does.
    """
    key_id, limits = submissions[0].api_key_id, submissions[0].limits
    _refuse_concurrent(session, key_id, limits, len(submissions))
    refuse_over_quota(session, key_id, limits, device_s)
    is_counted = limits.requests_per_minute is not None or limits.images_per_minute is not None
    windows = _windows(submissions, *count(session, submissions)) if is_counted else []
    for window, amount in windows:
        _refuse(window, amount)
    return {name: text for window, amount in windows for name, text in window.headers(window.used + amount).items()}


def refuse_over_quota(session: Session, key_id: str, limits: Limits, device_s: float) -> None:
    """Of the last 24 hours: what is under way counts as expected, what has ended as it was."""
    limit, now = limits.device_s_per_day, datetime.now(UTC)
    if limit is None:
        return
    recent = (Usage.api_key_id == key_id, Usage.created_at > now - timedelta(seconds=DAY_S))
    rows = session.execute(select(Usage.created_at, Usage.device_s).where(*recent).order_by(Usage.created_at)).all()
    day = Window("device-seconds", limit, [(row.created_at, row.device_s) for row in rows], now, DAY_S)
    if day.used >= limit or day.used + device_s > limit:
        wait_s = day.wait_s(device_s)
        message = (
            f"it takes {device_s:.1f} s of the device; this key has used {day.used:.1f} of its {limit} s in 24 hours"
        )
        raise RateLimited(message, "quota_exceeded", wait_s, day.headers(day.used))


def _windows(submissions: Sequence[Submission], now: datetime, entries: Entries) -> list[tuple[Window, int]]:
    limits, windows = submissions[0].limits, []
    if limits.requests_per_minute:
        requests = [(moment, 1) for moment, _ in entries]
        windows.append((Window("requests", limits.requests_per_minute, requests, now), len(submissions)))
    if limits.images_per_minute:
        num_images = sum(len(submission.request.seeds) for submission in submissions)
        windows.append((Window("images", limits.images_per_minute, entries, now), num_images))
    return windows


def _refuse(window: Window, amount: int) -> None:
    wait_s = window.wait_s(amount)
    if wait_s is None:
        message = f"{amount} {window.unit} are more than this key's {window.limit} in a minute"
        raise RateLimited(message, "rate_limit_exceeded", None, window.headers(window.used))
    if wait_s > 0:
        message = f"this key's {window.limit} {window.unit} of the minute are used; wait {math.ceil(wait_s)} s"
        raise RateLimited(message, "rate_limit_exceeded", wait_s, window.headers(window.used))


def _refuse_concurrent(session: Session, key_id: str, limits: Limits, num_more: int) -> None:
    limit = limits.concurrent_generations
    if limit is None:
        return
    if num_more > limit:
        message = f"{num_more} generations at once are more than this key's {limit}"
        raise RateLimited(message, "too_many_concurrent", None)
    unfinished = (Generation.api_key_id == key_id, Generation.status.not_in(OUTCOMES))
    num_unfinished = session.scalar(select(func.count()).select_from(Generation).where(*unfinished)) or 0
    if num_unfinished + num_more > limit:
        message = f"this key has {num_unfinished} generations under way, of {limit} that it may"
        raise RateLimited(message, "too_many_concurrent", CONCURRENCY_RETRY_S)
