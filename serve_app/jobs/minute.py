"""What a key has asked for in the last minute: counted in the ledger, or in Redis where there is one. Both are exact
among any number of gateways.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from deployments.errors import Unavailable
from serve_app.db.tables import Usage
from serve_app.jobs.job import Submission

MINUTE = timedelta(minutes=1)
TIMEOUT_S = 1.0
RETRY_S = 2.0
KEYS = "emblem:minute:"  # of a key: a sorted set of `generation id:images`, by when

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNLIMITED = 10**15

Entries = Sequence[tuple[datetime, int]]  # when, and how many images; the oldest first


class Minute(Protocol):
    def look(self, session: Session, submission: Submission) -> tuple[datetime, Entries]:
        """Now, and what counts then."""
        ...

    def take(self, session: Session, submission: Submission) -> tuple[datetime, Entries]:
        """As `look`, what counted before; from then on `submission` counts too if it fits, unless `session` rolls
        back."""
        ...


class LedgerMinute:
    """The row that `admit` adds to the ledger is what is taken."""

    def look(self, session: Session, submission: Submission) -> tuple[datetime, Entries]:
        now = datetime.now(UTC)
        recent = (Usage.api_key_id == submission.api_key_id, Usage.created_at > now - MINUTE)
        counted = select(Usage.created_at, Usage.num_images).where(*recent).order_by(Usage.created_at)
        return now, [(row.created_at, row.num_images) for row in session.execute(counted)]

    take = look


class RedisMinute:
    """By Redis' own clock. Raises Unavailable while it is away: nobody gets more for that."""

    def __init__(self, url: str) -> None:
        retry = Retry(NoBackoff(), 1)  # for a connection that has died since
        self._redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=retry)
        self._script = self._redis.register_script(_TAKE)

    def look(self, session: Session, submission: Submission) -> tuple[datetime, Entries]:  # noqa: ARG002
        return self._ask(submission, member="")

    def take(self, session: Session, submission: Submission) -> tuple[datetime, Entries]:
        now, entries = self._ask(submission, _member(submission))
        event.listen(session, "after_rollback", lambda _: self._give_back(submission), once=True)
        return now, entries

    def _ask(self, submission: Submission, member: str) -> tuple[datetime, Entries]:
        limits = submission.limits
        most = (limits.requests_per_minute or _UNLIMITED, limits.images_per_minute or _UNLIMITED)
        key, num_images = KEYS + submission.api_key_id, len(submission.request.seeds)
        try:
            now_us, found = self._script(keys=[key], args=[member, num_images, *most])
        except RedisError as error:
            raise Unavailable("what is left of the limits can't be told now", "limiter_unavailable", RETRY_S) from error
        pairs = zip(found[::2], found[1::2], strict=True)
        return _moment(now_us), [(_moment(float(score)), int(name.rpartition(b":")[2])) for name, score in pairs]

    def _give_back(self, submission: Submission) -> None:
        try:
            self._redis.zrem(KEYS + submission.api_key_id, _member(submission))
        except RedisError as error:
            raise Unavailable("what is left of the limits can't be told now", "limiter_unavailable", RETRY_S) from error


def _member(submission: Submission) -> str:
    return f"{submission.request.generation_id}:{len(submission.request.seeds)}"


def _moment(microseconds: float) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000000)
local entries = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local images = tonumber(ARGV[2])
for i = 1, #entries, 2 do
  images = images + tonumber(string.match(entries[i], ':(%d+)$'))
end
local fits = #entries / 2 + 1 <= tonumber(ARGV[3]) and images <= tonumber(ARGV[4])
if fits and ARGV[1] ~= '' then
  redis.call('ZADD', KEYS[1], now, ARGV[1])
  redis.call('PEXPIRE', KEYS[1], 60000)
end
return {now, entries}
"""
