"""The item of a set that the others take after: they wait for its image, and have it as a reference."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from deployments.errors import Conflict, NotFound
from deployments.schemas import GenerationRequest, Reference, StoredImage
from serve_app.db.tables import Generation, Image
from serve_app.jobs.job import OUTCOMES, QUEUED
from serve_app.sets.tables import ImageSet, SetItem

WAIT = timedelta(days=365)  # nobody begins it before; its hero's end moves this up
WEIGHT = 1.0  # as in the adapter's training


def find_hero(session: Session, item_id: str, user_id: str) -> Reference | None:
    """None while it is drawn: those who take after it wait. It may be another set's of this user.

    Raises NotFound, also for another user's, and Conflict when it has no image and won't get one.
    """
    item = session.get(SetItem, item_id)
    generation = item and session.get(Generation, item.generation_id, with_for_update=True)
    if item is None or session.get_one(ImageSet, item.set_id).user_id != user_id:
        raise NotFound(f"hero: no item {item_id!r}", "referenced_object_not_found", "hero")
    if generation and generation.status not in OUTCOMES:
        return None
    reference = generation and _reference(session, generation)
    if not reference:
        raise Conflict(f"the hero {item_id!r} has no image: name another, or draw it again", "hero_not_drawn", "hero")
    return reference


def taking_after(request: GenerationRequest, hero: Reference) -> GenerationRequest:
    controls = request.controls
    return request.model_copy(
        update={"controls": controls.model_copy(update={"references": (*controls.references, hero)})}
    )


def make_wait(item: SetItem, generation: Generation, hero_item_id: str) -> None:
    generation.available_at, item.waits_for = datetime.now(UTC) + WAIT, hero_item_id


def follow_hero(session: Session, ended: Generation) -> bool:
    """Lets those go that wait for what has ended. Where it left no image, the first of a set is its hero instead.

    False: nobody waited.
    """
    item_id = session.scalar(select(SetItem.id).where(SetItem.generation_id == ended.id))
    waiting = _waiting(session, item_id) if item_id else []
    hero = _reference(session, ended) if waiting else None
    for item, generation in waiting if hero else _first_of_each(session, waiting):
        if hero:
            request = GenerationRequest.model_validate_json(generation.request)
            generation.request = taking_after(request, hero).model_dump_json()
        generation.available_at, item.waits_for = datetime.now(UTC), None
    return bool(waiting)


def _waiting(session: Session, item_id: str) -> list[tuple[SetItem, Generation]]:
    rows = (
        select(SetItem, Generation)
        .join(Generation, Generation.id == SetItem.generation_id)
        .where(SetItem.waits_for == item_id, Generation.status == QUEUED)
        .order_by(SetItem.set_id, SetItem.position)
        .with_for_update(of=Generation)
    )
    return [(item, generation) for item, generation in session.execute(rows)]


def _first_of_each(session: Session, waiting: list[tuple[SetItem, Generation]]) -> list[tuple[SetItem, Generation]]:
    """Of each set; the others wait for it from now on."""
    firsts: dict[str, tuple[SetItem, Generation]] = {}
    for item, generation in waiting:
        first, _ = firsts.setdefault(item.set_id, (item, generation))
        if first is item:
            own = (ImageSet.id == item.set_id, ImageSet.hero_item_id == item.waits_for)
            session.execute(update(ImageSet).where(*own).values(hero_item_id=item.id))
        else:
            item.waits_for = first.id
    return list(firsts.values())


def _reference(session: Session, generation: Generation) -> Reference | None:
    """Its look and not its subject. None without an image."""
    image = session.get(Image, (generation.id, 0)) if generation.status == "completed" else None
    if image is None:
        return None
    stored = StoredImage(key=image.key, sha256=image.sha256)
    return Reference(image=stored, weight=WEIGHT, mode="style", start=0.0, end=1.0, box=None)
