"""Sets' rows as they are looked up by their owner, and what is known of each item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from deployments.errors import InvalidRequest, NotFound
from deployments.specs import Kind
from serve_app.db.database import Database
from serve_app.db.tables import Generation, Image
from serve_app.jobs.job import OUTCOMES
from serve_app.sets.schemas import SetStatus
from serve_app.sets.tables import ImageSet, SetItem


@dataclass(frozen=True)
class FoundItem:
    row: SetItem
    generation: Generation | None  # None: deleted
    images: Sequence[Image]

    @property
    def is_drawn(self) -> bool:
        return self.generation is not None and self.generation.status == "completed"


@dataclass(frozen=True)
class FoundSet:
    row: ImageSet
    items: Sequence[FoundItem]

    @property
    def num_completed(self) -> int:
        return sum(item.is_drawn for item in self.items)

    @property
    def status(self) -> SetStatus:
        if any(item.generation and item.generation.status not in OUTCOMES for item in self.items):
            return "in_progress"
        return "completed" if self.num_completed == len(self.items) else "incomplete"

    def item(self, item_id: str) -> SetItem:
        """Raises NotFound."""
        return item_of([item.row for item in self.items], item_id)


async def find(database: Database, kind: Kind, set_id: str, user_id: str) -> FoundSet:
    """Raises NotFound, also for another user's."""

    def look(session: Session) -> FoundSet:
        row = owned(session, kind, set_id, user_id)
        return FoundSet(row, _found(session, [row])[set_id])

    return await database.read(look)


async def page(
    database: Database, kind: Kind, user_id: str, limit: int, after: str | None
) -> tuple[list[FoundSet], bool]:
    """The newest first, and whether there are more. `after` is the id of the last one seen. Raises InvalidRequest."""

    def look(session: Session) -> tuple[list[FoundSet], bool]:
        wanted = select(ImageSet).where(ImageSet.user_id == user_id, ImageSet.kind == kind)
        if after:
            last = session.get(ImageSet, after)
            if not _is_owned(last, kind, user_id):
                raise InvalidRequest(f"after: no set {after!r}", "invalid_cursor", "after")
            wanted = wanted.where(tuple_(ImageSet.created_at, ImageSet.id) < (last.created_at, last.id))
        newest_first = wanted.order_by(ImageSet.created_at.desc(), ImageSet.id.desc())
        rows = session.scalars(newest_first.limit(limit + 1)).all()
        items = _found(session, rows[:limit])
        return [FoundSet(row, items[row.id]) for row in rows[:limit]], len(rows) > limit

    return await database.read(look)


def owned(session: Session, kind: Kind, set_id: str, user_id: str, is_locked: bool = False) -> ImageSet:
    """Raises NotFound, also for another user's: whether it exists is not the caller's to know."""
    row = session.get(ImageSet, set_id, with_for_update=is_locked or None)
    if not _is_owned(row, kind, user_id):
        raise NotFound(f"no {kind} set {set_id!r}", "set_not_found")
    return row


def items_of(session: Session, set_id: str) -> Sequence[SetItem]:
    return session.scalars(select(SetItem).where(SetItem.set_id == set_id).order_by(SetItem.position)).all()


def item_of(items: Sequence[SetItem], item_id: str) -> SetItem:
    """Raises NotFound."""
    for item in items:
        if item.id == item_id:
            return item
    raise NotFound(f"no item {item_id!r} in this set", "set_item_not_found")


def _is_owned(row: ImageSet | None, kind: Kind, user_id: str) -> TypeGuard[ImageSet]:
    return row is not None and row.user_id == user_id and row.kind == kind


def _found(session: Session, sets: Sequence[ImageSet]) -> dict[str, list[FoundItem]]:
    """By set. Three queries, however many there are."""
    found: dict[str, list[FoundItem]] = {row.id: [] for row in sets}
    wanted = select(SetItem).where(SetItem.set_id.in_(found)).order_by(SetItem.set_id, SetItem.position)
    items = session.scalars(wanted).all()
    ids = [item.generation_id for item in items]
    generations = {row.id: row for row in session.scalars(select(Generation).where(Generation.id.in_(ids)))}
    images = {row.generation_id: row for row in session.scalars(select(Image).where(Image.generation_id.in_(ids)))}
    for item in items:
        image = images.get(item.generation_id)
        found[item.set_id].append(FoundItem(item, generations.get(item.generation_id), [image] if image else []))
    return found
