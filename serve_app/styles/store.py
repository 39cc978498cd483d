"""Styles in the database: each change is a new version beside those before it, gone only with the whole style."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest, NotFound, PermissionDenied, RateLimited
from serve_app.audit.act import Act
from serve_app.db.database import Database
from serve_app.styles import presets
from serve_app.styles.found import FoundStyle
from serve_app.styles.schemas import StyleParts
from serve_app.styles.tables import Style, StyleVersion

MAX_VERSIONS = 1000  # of a user's styles together; a few more where several come at once


class StyleStore:
    def __init__(self, database: Database, max_versions: int = MAX_VERSIONS) -> None:
        self._database = database
        self._max_versions = max_versions

    async def create(self, user_id: str, parts: StyleParts, act: Act) -> FoundStyle:
        """Raises RateLimited where the user has too many versions."""

        def add(session: Session) -> FoundStyle:
            self._refuse_more(session, user_id)
            row = Style(id=f"style_{uuid.uuid4().hex}", user_id=user_id, version=1, created_at=datetime.now(UTC))
            session.add(row)
            session.flush()
            return _add_version(session, row, parts, act)

        return await self._database.write(add)

    async def change(self, style_id: str, user_id: str, parts: StyleParts, act: Act) -> FoundStyle:
        """A new version; the newest one where that says the same. Raises as `find`, RateLimited, PermissionDenied."""

        def add(session: Session) -> FoundStyle:
            row = _owned(session, style_id, user_id, is_locked=True)
            newest = _version(session, row, row.version)
            if newest.parts == parts:
                act.upon("style", row.id).write(session)
                return newest
            self._refuse_more(session, user_id)
            row.version += 1
            return _add_version(session, row, parts, act)

        return await self._database.write(add)

    async def find(self, reference: str, user_id: str) -> FoundStyle:
        """By `ID` or `ID@VERSION`, presets too. Raises NotFound, also for another user's."""
        style_id, version = _parse(reference)
        if presets.is_preset(style_id):
            return _preset(style_id, version)
        return await self._database.read(
            lambda session: _version(session, row := _owned(session, style_id, user_id), version or row.version)
        )

    async def find_own(self, style_id: str, user_id: str) -> FoundStyle:
        """To be changed. Raises NotFound, or PermissionDenied for a preset."""
        return await self._database.read(
            lambda session: _version(session, row := _owned(session, style_id, user_id), row.version)
        )

    async def page(self, user_id: str, limit: int, after: str | None) -> tuple[list[FoundStyle], bool]:
        """The user's own, the newest first, then presets; and whether there are more. Raises InvalidRequest."""
        built_in = presets.newest()
        if after and presets.is_preset(after):
            place = [style.id for style in built_in].index(after) + 1
            return list(built_in[place : place + limit]), len(built_in) > place + limit
        own = await self._database.read(lambda session: _own_page(session, user_id, limit + 1, after))
        found = [*own, *built_in]
        return found[:limit], len(found) > limit

    async def delete(self, style_id: str, user_id: str, act: Act) -> None:
        """With all versions. What was asked for with it keeps what it said. Raises as `find_own`."""

        def remove(session: Session) -> None:
            session.delete(_owned(session, style_id, user_id, is_locked=True))
            act.upon("style", style_id).write(session)

        await self._database.write(remove)

    def _refuse_more(self, session: Session, user_id: str) -> None:
        own = select(func.count()).select_from(StyleVersion).join(Style).where(Style.user_id == user_id)
        if (session.scalar(own) or 0) >= self._max_versions:
            message = f"your styles have {self._max_versions} versions together: delete some"
            raise RateLimited(message, "style_quota_exceeded", None)


def _parse(reference: str) -> tuple[str, int | None]:
    match = re.fullmatch(r"([^@]+)(?:@([1-9]\d{0,5}))?", reference, re.ASCII)
    if not match:
        raise _missing(reference)
    return match[1], int(match[2]) if match[2] else None


def _preset(style_id: str, version: int | None) -> FoundStyle:
    if version is None:
        return next(style for style in presets.newest() if style.id == style_id)
    if (style_id, version) not in presets.versions():
        raise _missing(f"{style_id}@{version}")
    return presets.versions()[style_id, version]


def _owned(session: Session, style_id: str, user_id: str, is_locked: bool = False) -> Style:
    """Raises NotFound, also for another user's: whether it exists is not the caller's to know."""
    if presets.is_preset(style_id):
        raise PermissionDenied(f"the style {style_id!r} is everybody's, and can't be changed", "style_read_only")
    row = session.get(Style, style_id, with_for_update=is_locked or None)
    if row is None or row.user_id != user_id:
        raise _missing(style_id)
    return row


def _version(session: Session, row: Style, version: int) -> FoundStyle:
    found = session.get(StyleVersion, (row.id, version))
    if found is None:
        raise _missing(f"{row.id}@{version}")
    return _found(found)


def _found(row: StyleVersion) -> FoundStyle:
    return FoundStyle(row.style_id, row.version, StyleParts.model_validate_json(row.parts), row.created_at)


def _add_version(session: Session, row: Style, parts: StyleParts, act: Act) -> FoundStyle:
    text, now = parts.model_dump_json(), datetime.now(UTC)
    session.add(StyleVersion(style_id=row.id, version=row.version, parts=text, created_at=now))
    act.upon("style", row.id).write(session)
    return FoundStyle(row.id, row.version, parts, now)


def _own_page(session: Session, user_id: str, limit: int, after: str | None) -> Sequence[FoundStyle]:
    is_newest = (StyleVersion.style_id == Style.id) & (StyleVersion.version == Style.version)
    wanted = select(StyleVersion).join(Style, is_newest).where(Style.user_id == user_id)
    if after:
        last = session.get(Style, after)
        if last is None or last.user_id != user_id:
            raise InvalidRequest(f"after: no style {after!r}", "invalid_cursor", "after")
        wanted = wanted.where(tuple_(Style.created_at, Style.id) < (last.created_at, last.id))
    newest_first = wanted.order_by(Style.created_at.desc(), Style.id.desc())
    return [_found(row) for row in session.scalars(newest_first.limit(limit))]


def _missing(reference: str) -> NotFound:
    return NotFound(f"no style {reference!r}", "style_not_found")
