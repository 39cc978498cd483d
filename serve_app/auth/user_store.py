"""Users in the database: made, listed, given another role, disabled."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployments.errors import Conflict, NotFound
from serve_app.audit.act import Act
from serve_app.auth.roles import Role
from serve_app.db.database import Database
from serve_app.db.tables import User


class UserStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, email: str | None, role: Role, act: Act | None = None) -> User:
        """Raises Conflict when the name or the address is another's."""
        row = new_user(name, email, role)

        def add(session: Session) -> None:
            session.add(row)
            _write_down(session, act, row)

        try:
            await self._database.write(add)
        except IntegrityError as error:
            raise Conflict(f"the name {name!r} or the address is another user's", "user_exists") from error
        return row

    async def list(self) -> Sequence[User]:
        return await self._database.read(
            lambda session: session.scalars(select(User).order_by(User.created_at, User.id)).all()
        )

    async def read(self, user_id: str) -> User:
        """Raises NotFound."""
        return await self._database.read(lambda session: find_user(session, user_id))

    async def change(self, user_id: str, role: Role | None, is_disabled: bool | None, act: Act | None = None) -> User:
        """What is None stays. Raises NotFound, or Conflict when no admin would be left."""

        def write(session: Session) -> User:
            admins = _lock_active_admins(session)
            row = find_user(session, user_id)
            if role is not None:
                row.role = role
            if is_disabled is not None:
                row.disabled_at = (row.disabled_at or datetime.now(UTC)) if is_disabled else None
            if admins and all(admin.role != "admin" or admin.disabled_at for admin in admins):
                raise Conflict(f"{row.name!r} is the last admin: make another one first", "last_admin")
            _write_down(session, act, row)
            return row

        return await self._database.write(write)


def _write_down(session: Session, act: Act | None, user: User) -> None:
    if act:
        act.upon("user", user.id).write(session)


def new_user(name: str, email: str | None, role: Role) -> User:
    return User(
        id=f"user_{uuid.uuid4().hex}", name=name, email=email, role=role, created_at=datetime.now(UTC), disabled_at=None
    )


def find_user(session: Session, user_id: str) -> User:
    """Raises NotFound."""
    row = session.get(User, user_id)
    if row is None:
        raise NotFound(f"no user {user_id!r}", "user_not_found")
    return row


def _lock_active_admins(session: Session) -> Sequence[User]:
    """Of two who each disable the other, the second waits here until the first is done, and then sees it."""
    active = select(User).where(User.role == "admin", User.disabled_at.is_(None)).order_by(User.id)
    return session.scalars(active.with_for_update()).all()
