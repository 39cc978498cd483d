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
    def look(self, session: Session, submissions: Sequence[Submission]) -> tuple[datetime, Entries]:
        """Now, and what counts then, of the one key that all are of."""
        ...

    def take(self, session: Session, submissions: Sequence[Submission]) -> tuple[datetime, Entries]:
        """As `look`, what counted before; from then on `submissions` count too if all of them fit, unless `session`
        rolls back."""
        ...


class LedgerMinute:
    """The row that `admit` adds to the ledger is what is taken."""

    def look(self, session: Session, submissions: Sequence[Submission]) -> tuple[datetime, Entries]:
        now = datetime.now(UTC)
        recent = (Usage.api_key_id == submissions[0].api_key_id, Usage.created_at > now - MINUTE)
        counted = select(Usage.created_at, Usage.num_images).where(*recent).order_by(Usage.created_at)
        return now, [(row.created_at, row.num_images) for row in session.execute(counted)]

    take = look


class RedisMinute:
    """By Redis' own clock. Raises Unavailable while it is away: nobody gets more for that."""

    def __init__(self, url: str) -> None:
        retry = Retry(NoBackoff(), 1)  # for a connection that has died since
        self._redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=retry)
        self._script = self._redis.register_script(_TAKE)

    def look(self, session: Session, submissions: Sequence[Submission]) -> tuple[datetime, Entries]:  # noqa: ARG002
        return self._ask(submissions[0], [])

    def take(self, session: Session, submissions: Sequence[Submission]) -> tuple[datetime, Entries]:
        members = [_member(submission) for submission in submissions]
        now, entries = self._ask(submissions[0], members)
        key = KEYS + submissions[0].api_key_id
        event.listen(session, "after_rollback", lambda _: self._give_back(key, members), once=True)
        return now, entries

    def _ask(self, submission: Submission, members: Sequence[str]) -> tuple[datetime, Entries]:
        limits = submission.limits
        most = (limits.requests_per_minute or _UNLIMITED, limits.images_per_minute or _UNLIMITED)
        try:
            now_us, found = self._script(keys=[KEYS + submission.api_key_id], args=[*most, *members])
        except RedisError as error:
            raise Unavailable("what is left of the limits can't be told now", "limiter_unavailable", RETRY_S) from error
        pairs = zip(found[::2], found[1::2], strict=True)
        return _moment(now_us), [(_moment(float(score)), int(name.rpartition(b":")[2])) for name, score in pairs]

    def _give_back(self, key: str, members: Sequence[str]) -> None:
        try:
            self._redis.zrem(key, *members)
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
local images = 0
for i = 1, #entries, 2 do
  images = images + tonumber(string.match(entries[i], ':(%d+)$'))
end
for i = 3, #ARGV do
  images = images + tonumber(string.match(ARGV[i], ':(%d+)$'))
end
if #entries / 2 + #ARGV - 2 <= tonumber(ARGV[1]) and images <= tonumber(ARGV[2]) then
  for i = 3, #ARGV do
    redis.call('ZADD', KEYS[1], now, ARGV[i])
    redis.call('PEXPIRE', KEYS[1], 60000)
  end
end
return {now, entries}
"""
