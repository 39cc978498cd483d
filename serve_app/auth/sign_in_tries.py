"""How often one may try to sign in: under a name, and from an address, within a quarter of an hour.

Each try is written down before its password is looked at, and taken back when that is right. Who counts after having
written sees all who were admitted before, so that the bounds hold exactly over any number of gateway replicas.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from deployments.errors import RateLimited
from serve_app.db.database import Database
from serve_app.db.tables import SignInTry

WINDOW = timedelta(minutes=15)
MAX_OF_NAME = 10
MAX_OF_ADDRESS = 50  # an office may share one


class SignInTries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def book(self, name: str, address: str) -> Sequence[int]:
        """Returns what `take_back` takes. Raises RateLimited; what was refused is not counted."""
        bounds = {_subject("name", name): MAX_OF_NAME, _subject("address", address): MAX_OF_ADDRESS}
        booked = await self._write(list(bounds))
        for subject, limit in bounds.items():
            wait_s = await self._wait_s(subject, limit)
            if wait_s > 0:
                await self.take_back(booked)
                raise RateLimited("too many tries to sign in", "login_rate_limited", wait_s)
        return booked

    async def take_back(self, booked: Sequence[int]) -> None:
        gone = delete(SignInTry).where(SignInTry.id.in_(booked))
        await self._database.write(lambda session: session.execute(gone))

    async def _write(self, subjects: Sequence[str]) -> Sequence[int]:
        now = datetime.now(UTC)

        def add(session: Session) -> Sequence[int]:
            session.execute(delete(SignInTry).where(SignInTry.created_at < now - WINDOW))
            rows = [SignInTry(subject=subject, created_at=now) for subject in subjects]
            session.add_all(rows)
            session.flush()
            return [row.id for row in rows]

        return await self._database.write(add)

    async def _wait_s(self, subject: str, limit: int) -> float:
        """0 when what is written of the subject is within the limit."""
        now = datetime.now(UTC)
        recent = (SignInTry.subject == subject, SignInTry.created_at > now - WINDOW)
        wanted = select(SignInTry.created_at).where(*recent).order_by(SignInTry.created_at)
        moments = await self._database.read(lambda session: session.scalars(wanted).all())
        return (moments[0] + WINDOW - now).total_seconds() if len(moments) > limit else 0.0


def _subject(kind: str, text: str) -> str:
    """Not the text itself: some type their password where their name goes."""
    return hashlib.sha256(f"{kind} {text}".encode()).hexdigest()
