"""Sessions: keys of another sort, which a password makes, a cookie holds, and idleness ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Update, or_, select, update
from sqlalchemy.orm import Session

from deployments.errors import AuthenticationFailed, PermissionDenied, Unavailable
from serve_app.audit.act import Act
from serve_app.auth.key_store import SESSION_IDLE, Caller, KeyStore
from serve_app.auth.keys import new_key
from serve_app.auth.limits import Limits
from serve_app.auth.passwords import Passwords
from serve_app.auth.roles import ALL_SCOPES
from serve_app.auth.secret_file import write_secret
from serve_app.auth.sign_in_tries import SignInTries
from serve_app.auth.user_store import find_user
from serve_app.db.database import Database
from serve_app.db.tables import ApiKey, User

SESSION_MAX = timedelta(days=7)
TOKEN_MAX = timedelta(days=7)


class SessionStore:
    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys
        self._passwords = Passwords()
        self._tries = SignInTries(database)

    async def open(self, name: str, password: str, address: str) -> tuple[User, str]:
        """Returns the user and what the cookie holds; `name` may be their e-mail address.

        Raises AuthenticationFailed, the same for a wrong name and a wrong password, RateLimited or Unavailable.
        """
        found = select(User).where(or_(User.name == name, User.email == name))
        user = await self._database.read(lambda session: session.scalar(found))
        is_right = await self._is_right(password, user.password_hash if user else None, name, address)
        if user is None or not is_right:
            raise AuthenticationFailed("the name or the password is wrong", "invalid_credentials")
        if user.disabled_at:
            raise AuthenticationFailed(f"the user {user.name!r} is disabled", "account_inactive")
        return user, await self._begin(user)

    async def end(self, key_id: str) -> None:
        """From the next request on."""
        await self._database.write(lambda session: session.execute(_ended().where(ApiKey.id == key_id)))

    async def new_password_token(self, user_id: str) -> str:
        """Sets a password, once, within a week; the one before no longer does. Raises NotFound."""
        _, token = new_key()

        def write(session: Session) -> None:
            user = find_user(session, user_id)
            user.password_token_digest = self._keys.digest(token)
            user.password_token_expires_at = datetime.now(UTC) + TOKEN_MAX

        await self._database.write(write)
        return token

    async def set_password(self, token: str, password: str) -> None:
        """Ends all sessions of the user. Raises AuthenticationFailed for the token, InvalidRequest or Unavailable."""
        owner = select(User).where(User.password_token_digest == self._keys.digest(token))
        _valid(await self._database.read(lambda session: session.scalar(owner)))
        password_hash = await self._passwords.hash(password)

        def write(session: Session) -> None:
            user = _valid(session.scalar(owner.with_for_update()))  # of two at once, one finds it
            user.password_hash, user.password_token_digest, user.password_token_expires_at = password_hash, None, None
            session.execute(_ended().where(ApiKey.user_id == user.id))

        await self._database.write(write)

    async def change_password(
        self, caller: Caller, current_password: str, password: str, address: str, act: Act
    ) -> None:  # fmt: skip
        """Ends all sessions of the user but the caller's own. Who is wrong about the current one is counted as at the
        door. Raises PermissionDenied for that one, InvalidRequest for the new one, RateLimited or Unavailable.
        """
        user = await self._database.read(lambda session: find_user(session, caller.user_id))
        if not await self._is_right(current_password, user.password_hash, user.name, address):
            raise _wrong()
        password_hash = await self._passwords.hash(password)

        def write(session: Session) -> None:
            row = session.get_one(User, user.id, with_for_update=True)
            if row.password_hash != user.password_hash:  # of two at once, the first has made it another
                raise _wrong()
            row.password_hash, row.password_token_digest, row.password_token_expires_at = password_hash, None, None
            session.execute(_ended().where(ApiKey.user_id == row.id, ApiKey.id != caller.key_id))
            act.upon("user", row.id).write(session)

        await self._database.write(write)

    async def ensure_first_token(self, path: Path) -> str | None:
        """While nobody has a password or a token to set one: a token for the first admin, also written to `path`."""

        def add(session: Session) -> str | None:
            admins = select(User).where(User.role == "admin", User.disabled_at.is_(None)).order_by(User.created_at)
            admin = session.scalars(admins.limit(1).with_for_update()).one()
            able = or_(User.password_hash.is_not(None), User.password_token_digest.is_not(None))
            if session.scalar(select(User.id).where(able).limit(1)):
                return None
            _, token = new_key()
            admin.password_token_digest = self._keys.digest(token)  # lasts until it is used
            write_secret(path, token)
            return token

        return await self._database.write(add)

    async def _is_right(self, password: str, password_hash: str | None, name: str, address: str) -> bool:
        """What is wrong counts as a try. Raises RateLimited or Unavailable."""
        booked = await self._tries.book(name, address)
        try:
            is_right = await self._passwords.is_right(password, password_hash)
        except Unavailable:
            await self._tries.take_back(booked)
            raise
        if is_right:
            await self._tries.take_back(booked)
        return is_right

    async def _begin(self, user: User) -> str:
        now = datetime.now(UTC)
        row, key = self._keys.new_row(user.id, "session", ALL_SCOPES, now + SESSION_MAX, Limits())
        row.idle_until = now + SESSION_IDLE
        await self._database.write(lambda session: session.add(row))
        return key


def _valid(owner: User | None) -> User:
    expires_at = owner and owner.password_token_expires_at
    if owner is None or (expires_at and expires_at <= datetime.now(UTC)):
        raise AuthenticationFailed("the token is not valid, or was used", "invalid_token")
    return owner


def _wrong() -> PermissionDenied:
    """Not as at the door: the caller's own session or key is good."""
    return PermissionDenied("the current password is wrong", "wrong_password")


def _ended() -> Update:
    is_open = (ApiKey.idle_until.is_not(None), ApiKey.revoked_at.is_(None))
    return update(ApiKey).where(*is_open).values(revoked_at=datetime.now(UTC))
