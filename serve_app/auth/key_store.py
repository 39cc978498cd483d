"""API keys in the database: made, listed, revoked, and checked at every request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from deployments.errors import AuthenticationFailed, NotFound, PermissionDenied, RateLimited
from serve_app.audit.act import Act
from serve_app.auth.keys import is_well_formed, key_digest, new_key
from serve_app.auth.limits import Limits
from serve_app.auth.roles import ALL_SCOPES, SCOPES_OF, Scope
from serve_app.auth.secret_file import write_secret
from serve_app.auth.user_store import find_user, new_user
from serve_app.db.database import Database
from serve_app.db.tables import ApiKey, User
from serve_app.webhooks.signature import secret_of

MAX_KEYS = 100  # of a user that may still be used
SESSION_IDLE = timedelta(hours=12)
_LAST_USED_STEP = timedelta(minutes=1)  # a write a minute tells enough, and costs nothing


@dataclass(frozen=True)
class Caller:
    """Who is asking: a user, by the public id of one of their keys, and what that may do."""

    key_id: str
    user_id: str
    scopes: frozenset[str]
    limits: Limits
    is_bounded: bool  # by limits or a last day
    is_session: bool

    def require(self, *scopes: Scope) -> None:
        """Any of them."""
        if self.scopes.isdisjoint(scopes):
            wanted = " or ".join(map(repr, scopes))
            raise PermissionDenied(f"this key lacks the scope {wanted}", "insufficient_scope")

    def refuse_to_make(self, user_id: str, scopes: Sequence[Scope]) -> None:
        """Without the scope `admin`, no key of another's, none that may more, and none that escapes an end or limit."""
        if "admin" in self.scopes:
            return
        if user_id != self.user_id:
            self.require("admin")
        for scope in scopes:
            self.require(scope)
        if self.is_bounded:
            raise PermissionDenied("a key with limits or a last day makes no other keys", "bounded_key")


class KeyStore:
    def __init__(self, database: Database, server_secret: str) -> None:
        self._database = database
        self._server_secret = server_secret

    async def create(
        self, user_id: str, name: str, scopes: Sequence[Scope], expires_at: datetime | None = None,
        limits: Limits | None = None, act: Act | None = None,
    ) -> tuple[ApiKey, str]:  # fmt: skip
        """Returns the row and the key itself, which is known now and never again.

        Raises NotFound for the user, PermissionDenied for a scope that their role does not have, and RateLimited for
        one key more than a user may have.
        """
        row, key = self.new_row(user_id, name, scopes, expires_at, limits or Limits())

        def add(session: Session) -> None:
            role = find_user(session, user_id).role
            for scope in scopes:
                if scope not in SCOPES_OF[role]:
                    raise PermissionDenied(f"no {role} has the scope {scope!r}", "insufficient_scope")
            _refuse_more(session, user_id)
            session.add(row)
            if act:
                act.upon("key", row.id).write(session)

        await self._database.write(add)
        return row, key

    async def list(self, user_id: str | None) -> Sequence[ApiKey]:
        """None: everybody's."""
        wanted = select(ApiKey).where(ApiKey.idle_until.is_(None)).order_by(ApiKey.created_at)
        if user_id is not None:
            wanted = wanted.where(ApiKey.user_id == user_id)
        return await self._database.read(lambda session: session.scalars(wanted).all())

    async def revoke(self, key_id: str, user_id: str | None, act: Act | None = None) -> None:
        """From the next request on. Raises NotFound, also for another user's, None being nobody's other.

        Revoking twice changes nothing.
        """

        def mark_revoked(session: Session) -> None:
            row = session.get(ApiKey, key_id)
            if row is None or row.idle_until or user_id not in (None, row.user_id):
                raise NotFound(f"no API key {key_id!r}", "key_not_found")
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            if act:
                act.upon("key", key_id).write(session)

        await self._database.write(mark_revoked)

    async def authenticate(self, key: str, is_session: bool = False) -> Caller:
        """Raises AuthenticationFailed. A guesser learns nothing: the reason is told to who holds the whole key.

        A session counts in its cookie alone, and an API key in none.
        """
        digest = self.digest(key)
        row = await self._find(digest) if is_well_formed(key) else None
        if row is None or (row.idle_until is not None) != is_session:
            if is_session:
                raise AuthenticationFailed("the session is not known here", "invalid_session")
            raise AuthenticationFailed("the API key is not valid", "invalid_api_key")
        now = datetime.now(UTC)
        _refuse_ended(row, now)
        if row.last_used_at is None or now - row.last_used_at > _LAST_USED_STEP:
            values = {"last_used_at": now} | ({"idle_until": now + SESSION_IDLE} if is_session else {})
            touched = update(ApiKey).where(ApiKey.id == row.id).values(values)
            await self._database.write(lambda session: session.execute(touched))
        return _caller(row)

    async def check(self, key_id: str) -> None:
        """For who was let in a while ago. Raises AuthenticationFailed once the key has ended."""
        row = await self._database.read(lambda session: session.scalars(_WITH_USER.where(ApiKey.id == key_id)).one())
        _refuse_ended(row, datetime.now(UTC))

    async def ensure_admin(self, path: Path) -> bool:
        """Makes the first admin and a key of theirs, written to `path`, unless there ever was one. True when it did."""

        def add_first_admin(session: Session) -> bool:
            if session.scalar(select(User.id).limit(1)):
                return False
            user = new_user("admin", None, "admin")
            session.add(user)
            session.flush()  # of replicas that start at once, all but one end here
            row, key = self.new_row(user.id, "admin", ALL_SCOPES, None, Limits())
            session.add(row)
            write_secret(path, key)  # before the commit: a file without its row is replaced at the next start
            return True

        try:
            return await self._database.write(add_first_admin)
        except IntegrityError:
            return False

    async def _find(self, digest: str) -> ApiKey | None:
        return await self._database.read(lambda session: session.scalar(_WITH_USER.where(ApiKey.digest == digest)))

    def digest(self, key: str) -> str:
        return key_digest(key, self._server_secret)

    def webhook_secret(self, key_id: str) -> str:
        return secret_of(key_id, self._server_secret)

    def new_row(
        self, user_id: str, name: str, scopes: Sequence[Scope], expires_at: datetime | None, limits: Limits
    ) -> tuple[ApiKey, str]:
        public_id, key = new_key()
        row = ApiKey(
            id=public_id, user_id=user_id, name=name, digest=self.digest(key),
            scopes=" ".join(scopes), created_at=datetime.now(UTC), expires_at=expires_at, revoked_at=None,
            last_used_at=None, idle_until=None, **limits.model_dump(),
        )  # fmt: skip
        return row, key


def _refuse_more(session: Session, user_id: str) -> None:
    is_usable = (ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > datetime.now(UTC)))
    own = select(func.count()).where(ApiKey.user_id == user_id, ApiKey.idle_until.is_(None), *is_usable)
    if (session.scalar(own) or 0) >= MAX_KEYS:
        raise RateLimited(f"the user has {MAX_KEYS} keys: revoke some", "key_quota_exceeded", None)


_WITH_USER = select(ApiKey).options(joinedload(ApiKey.user))


def _caller(row: ApiKey) -> Caller:
    scopes = frozenset(row.scopes.split()).intersection(SCOPES_OF[row.user.role])
    limits, is_session = Limits.model_validate(row), row.idle_until is not None
    is_bounded = not is_session and (limits != Limits() or row.expires_at is not None)
    return Caller(row.id, row.user_id, scopes, limits, is_bounded, is_session)


def _refuse_ended(row: ApiKey, now: datetime) -> None:
    if row.idle_until and (row.revoked_at or min(row.idle_until, row.expires_at or now) <= now):
        raise AuthenticationFailed("the session has ended: sign in again", "session_ended")
    if row.revoked_at:
        raise AuthenticationFailed(f"the API key {row.id} was revoked", "api_key_revoked")
    if row.expires_at and row.expires_at <= now:
        raise AuthenticationFailed(f"the API key {row.id} has expired", "api_key_expired")
    if row.user.disabled_at:
        raise AuthenticationFailed(f"the user {row.user.name!r} is disabled", "account_inactive")
