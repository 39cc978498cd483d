"""API keys in the database: made, listed, revoked, and checked at every request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from deployments.errors import AuthenticationFailed, NotFound, PermissionDenied
from serve_app.audit.act import Act
from serve_app.auth.keys import is_well_formed, key_digest, new_key
from serve_app.auth.limits import Limits
from serve_app.auth.secret_file import write_secret
from serve_app.db.database import Database
from serve_app.db.tables import ApiKey

Scope = Literal["generate", "train", "admin"]
ALL_SCOPES: tuple[Scope, ...] = ("generate", "train", "admin")

_LAST_USED_STEP = timedelta(minutes=1)  # a write a minute tells enough, and costs nothing


@dataclass(frozen=True)
class Caller:
    """Who is asking: the key's public id and what it may do."""

    key_id: str
    scopes: frozenset[str]
    limits: Limits

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise PermissionDenied(f"this key lacks the scope {scope!r}", "insufficient_scope")


class KeyStore:
    def __init__(self, database: Database, server_secret: str) -> None:
        self._database = database
        self._server_secret = server_secret

    async def create(
        self, name: str, scopes: Sequence[Scope], expires_at: datetime | None = None, limits: Limits | None = None,
        act: Act | None = None,
    ) -> tuple[ApiKey, str]:  # fmt: skip
        """Returns the row and the key itself, which is known now and never again."""
        row, key = self._new_row(name, scopes, expires_at, limits or Limits())

        def add(session: Session) -> None:
            session.add(row)
            if act:
                act.upon("key", row.id).write(session)

        await self._database.write(add)
        return row, key

    async def list(self) -> Sequence[ApiKey]:
        return await self._database.read(
            lambda session: session.scalars(select(ApiKey).order_by(ApiKey.created_at)).all()
        )

    async def revoke(self, key_id: str, act: Act | None = None) -> None:
        """From the next request on. Raises NotFound; revoking twice changes nothing."""

        def mark_revoked(session: Session) -> None:
            row = session.get(ApiKey, key_id)
            if row is None:
                raise NotFound(f"no API key {key_id!r}", "key_not_found")
            row.revoked_at = row.revoked_at or datetime.now(UTC)
            if act:
                act.upon("key", key_id).write(session)

        await self._database.write(mark_revoked)

    async def authenticate(self, key: str) -> Caller:
        """Raises AuthenticationFailed. A guesser learns nothing: the reason is told to who holds the whole key."""
        digest = key_digest(key, self._server_secret)
        row = await self._find(digest) if is_well_formed(key) else None
        if row is None:
            raise AuthenticationFailed("the API key is not valid", "invalid_api_key")
        now = datetime.now(UTC)
        _refuse_ended(row, now)
        if row.last_used_at is None or now - row.last_used_at > _LAST_USED_STEP:
            touched = update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=now)
            await self._database.write(lambda session: session.execute(touched))
        return Caller(row.id, frozenset(row.scopes.split()), Limits.model_validate(row))

    async def check(self, key_id: str) -> None:
        """For who was let in a while ago. Raises AuthenticationFailed once the key has ended."""
        _refuse_ended(await self._database.read(lambda session: session.get_one(ApiKey, key_id)), datetime.now(UTC))

    async def ensure_admin(self, path: Path) -> bool:
        """Makes the first admin key and writes it to `path`, unless there ever was one. True when it did."""

        def add_first_admin(session: Session) -> bool:  # the write lock keeps a second replica out
            if session.scalar(select(ApiKey.id).where(ApiKey.scopes.contains("admin")).limit(1)):
                return False
            row, key = self._new_row("admin", ALL_SCOPES, None, Limits())
            session.add(row)
            write_secret(path, key)  # before the commit: a file without its row is replaced at the next start
            return True

        return await self._database.write(add_first_admin)

    async def _find(self, digest: str) -> ApiKey | None:
        return await self._database.read(lambda session: session.scalar(select(ApiKey).where(ApiKey.digest == digest)))

    def _new_row(
        self, name: str, scopes: Sequence[Scope], expires_at: datetime | None, limits: Limits
    ) -> tuple[ApiKey, str]:
        public_id, key = new_key()
        row = ApiKey(
            id=public_id, name=name, digest=key_digest(key, self._server_secret), scopes=" ".join(scopes),
            created_at=datetime.now(UTC), expires_at=expires_at, revoked_at=None, last_used_at=None,
            **limits.model_dump(),
        )  # fmt: skip
        return row, key


def _refuse_ended(row: ApiKey, now: datetime) -> None:
    if row.revoked_at:
        raise AuthenticationFailed(f"the API key {row.id} was revoked", "api_key_revoked")
    if row.expires_at and row.expires_at <= now:
        raise AuthenticationFailed(f"the API key {row.id} has expired", "api_key_expired")
