"""Sets as they are changed: each change is one transaction, with the generations that it begins or ends."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from deployments.errors import Conflict, InvalidRequest
from deployments.schemas import Reference, StyleUse
from deployments.specs import Kind
from serve_app.audit.act import Act
from serve_app.db.database import Database
from serve_app.db.tables import Generation
from serve_app.jobs import transitions
from serve_app.jobs.job import OUTCOMES, Submission
from serve_app.jobs.rows import known
from serve_app.jobs.store import JobStore
from serve_app.sets.hero import find_hero, make_wait, taking_after
from serve_app.sets.rows import item_of, items_of, owned
from serve_app.sets.schemas import MAX_ITEMS, Drawing, same_subject
from serve_app.sets.tables import ImageSet, SetItem
from serve_app.sets.wanted import Wanted


@dataclass(frozen=True)
class NewSet:
    kind: Kind
    name: str
    template: str
    drawing: Drawing
    style: StyleUse | None
    has_hero: bool
    hero_item_id: str | None  # absent: with a hero, the first item is it


@dataclass(frozen=True)
class Changed:
    set_id: str
    standing: Mapping[str, str]  # what remains of the key's limits, as response headers


class SetStore:
    def __init__(self, database: Database, jobs: JobStore) -> None:
        self._database = database
        self._jobs = jobs

    async def create(
        self, new: NewSet, wanted: Sequence[Wanted], submissions: Sequence[Submission], act: Act
    ) -> Changed:
        """The whole set is accepted, or none of it; a request that is known answers with the set that it began.

        Raises InvalidRequest, RateLimited or Unavailable.
        """
        first = submissions[0]

        def add(session: Session) -> Changed:
            if begun := known(session, first):
                return _changed(session, act, _set_id(begun.id))
            row = ImageSet(
                id=_set_id(first.request.generation_id), api_key_id=first.api_key_id, user_id=first.user_id,
                kind=new.kind, name=new.name, template=new.template, drawing=new.drawing.model_dump_json(),
                style=new.style and new.style.model_dump_json(), created_at=datetime.now(UTC),
            )  # fmt: skip
            items = _items(row.id, 0, wanted, submissions)
            hero = find_hero(session, new.hero_item_id, first.user_id) if new.hero_item_id else None
            row.hero_item_id = new.hero_item_id or (items[0].id if new.has_hero else None)
            standing = self._accept(session, items, submissions, row.hero_item_id, hero)
            session.add(row)
            session.add_all(items)
            return _changed(session, act, row.id, standing)

        return await self._write(add, first)

    async def append(
        self,
        kind: Kind,
        set_id: str,
        wanted: Sequence[Wanted],
        submissions: Sequence[Submission],
        hero_item_id: str | None,
        act: Act,
    ) -> Changed:
        """`hero_item_id`: from now on; None: as until now.

        Raises as `create` does; NotFound; and Conflict for more than a set may have, or a hero without an image.
        """
        first = submissions[0]

        def add(session: Session) -> Changed:
            row = owned(session, kind, set_id, first.user_id)
            if known(session, first):
                return _changed(session, act, set_id)
            hero_id = hero_item_id or row.hero_item_id
            # Its generation is locked before the set, as where its end changes the set.
            hero = find_hero(session, hero_id, first.user_id) if hero_id else None
            row = owned(session, kind, set_id, first.user_id, is_locked=True)
            row.hero_item_id = hero_id
            there = items_of(session, set_id)
            _refuse_known(there, wanted)
            items = _items(set_id, len(there), wanted, submissions)
            standing = self._accept(session, items, submissions, hero_id, hero)
            session.add_all(items)
            return _changed(session, act, set_id, standing)

        return await self._write(add, first)

    async def redraw(self, kind: Kind, set_id: str, item_id: str, submission: Submission, act: Act) -> Changed:
        """Its generation until now stays its owner's. Raises as `append` does, and Conflict while it is drawn."""

        def renew(session: Session) -> Changed:
            hero_id = owned(session, kind, set_id, submission.user_id).hero_item_id
            if known(session, submission):
                return _changed(session, act, set_id)
            is_hero = hero_id == item_id
            hero = find_hero(session, hero_id, submission.user_id) if hero_id and not is_hero else None
            owned(session, kind, set_id, submission.user_id, is_locked=True)
            item = item_of(items_of(session, set_id), item_id)
            generation = session.get(Generation, item.generation_id)
            if generation and generation.status not in OUTCOMES:
                raise Conflict(f"item {item_id!r} is {generation.status}: cancel it first", "not_finished")
            item.waits_for = None
            standing = self._accept(session, [item], [submission], hero_id, hero)
            item.generation_id, item.traits = submission.request.generation_id, None
            return _changed(session, act, set_id, standing)

        return await self._write(renew, submission)

    async def cancel(self, kind: Kind, set_id: str, user_id: str, act: Act) -> list[str]:
        """All that has not ended; returns those that are being drawn, whose workers are to be told. Raises NotFound."""

        def stop(session: Session) -> list[str]:
            owned(session, kind, set_id, user_id)
            rows = _generations(session, set_id)
            for row in reversed(rows):  # the hero last: its end would let the next one go
                self._jobs.stop(session, row)
            _changed(session, act, set_id)
            return [row.id for row in rows if row.is_cancelled]

        return await self._database.write(stop)

    async def delete(self, kind: Kind, set_id: str, user_id: str, act: Act) -> list[str]:
        """With its generations; returns their files' keys. Raises NotFound, or Conflict while one has not ended."""

        def remove(session: Session) -> list[str]:
            row = owned(session, kind, set_id, user_id)
            keys = [
                key for generation in _generations(session, set_id) for key in transitions.remove(session, generation)
            ]
            session.delete(row)  # and with it its items' rows
            _changed(session, act, set_id)
            return keys

        return await self._database.write(remove)

    async def keep_traits(self, traits: Mapping[str, str]) -> None:
        """By generation: what was measured of one that has been replaced meanwhile is nobody's."""

        def keep(session: Session) -> None:
            for generation_id, text in traits.items():
                session.execute(update(SetItem).where(SetItem.generation_id == generation_id).values(traits=text))

        await self._database.write(keep)

    def _accept(
        self,
        session: Session,
        items: Sequence[SetItem],
        submissions: Sequence[Submission],
        hero_id: str | None,
        hero: Reference | None,
    ) -> dict[str, str]:
        """The items take after the hero, or wait for it; not the hero itself, which may be among them."""
        if hero:
            submissions = [replace(one, request=taking_after(one.request, hero)) for one in submissions]
        generations, standing = self._jobs.accept_all(session, submissions)
        for item, generation in zip(items, generations, strict=True):
            if hero_id and not hero and item.id != hero_id:
                make_wait(item, generation, hero_id)
        return standing

    async def _write(self, work: Callable[[Session], Changed], first: Submission) -> Changed:
        try:
            return await self._database.write(work)
        except IntegrityError:
            if first.idempotency is None:
                raise
            return await self._database.write(work)  # its twin, which came at the same moment, is known by now


def _set_id(first_generation_id: str) -> str:
    """Follows from the generation that a caller's name of the request is kept with."""
    return f"set_{first_generation_id.removeprefix('gen_')}"


def _items(
    set_id: str, first_position: int, wanted: Sequence[Wanted], submissions: Sequence[Submission]
) -> list[SetItem]:
    return [
        SetItem(
            id=f"item_{uuid.uuid4().hex}", set_id=set_id, position=first_position + number, subject=item.subject,
            prompt=item.prompt, size=f"{submission.request.width_px}x{submission.request.height_px}",
            generation_id=submission.request.generation_id, waits_for=None, traits=None,
        )
        for number, (item, submission) in enumerate(zip(wanted, submissions, strict=True))
    ]  # fmt: skip


def _refuse_known(items: Sequence[SetItem], wanted: Sequence[Wanted]) -> None:
    if len(items) + len(wanted) > MAX_ITEMS:
        raise Conflict(f"the set has {len(items)} items, of {MAX_ITEMS} that it may", "set_full", "subjects")
    there = {same_subject(item.subject) for item in items}
    for index, item in enumerate(wanted):
        if same_subject(item.subject) in there:
            message = f"{item.subject!r} is in the set already"
            raise InvalidRequest(message, "duplicate_subject", f"subjects.{index}")


def _generations(session: Session, set_id: str) -> Sequence[Generation]:
    """Locked; without those that were deleted."""
    its_own = select(Generation).join(SetItem, SetItem.generation_id == Generation.id).where(SetItem.set_id == set_id)
    return session.scalars(its_own.order_by(SetItem.position).with_for_update(of=Generation)).all()


def _changed(session: Session, act: Act, set_id: str, standing: Mapping[str, str] | None = None) -> Changed:
    act.upon("set", set_id).write(session)
    return Changed(set_id, standing or {})
