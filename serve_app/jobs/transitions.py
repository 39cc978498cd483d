"""What may happen to a generation, each within the transaction that it is called in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Integer, ScalarResult, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from deployments.encode import MEDIA_TYPES
from deployments.errors import Conflict
from deployments.schemas import GenerationRecord, GenerationRequest, ImageRecord, Priority
from deployments.specs import Kind
from serve_app.db.tables import Generation, GenerationEvent, IdempotencyKey, Image, Usage
from serve_app.jobs.job import IN_PROGRESS, OUTCOMES, QUEUED, Idempotency, JobError, Lease, Outcome, Submission
from serve_app.jobs.pace import num_row_steps

LEASE = timedelta(seconds=15)
# After which it goes before whatever came later, also before what is more urgent: nothing starves.
STAND_BACK: dict[Priority, timedelta] = {"interactive": timedelta(seconds=30), "batch": timedelta(minutes=10)}
NUM_BEGINNING = 2  # events before the first of an image: queued, in progress
PASSED = JobError(kind="Expired", message="its deadline passed before it was begun", code="deadline_passed")

# Made once: each gateway asks every second.
_OTHER = aliased(Generation)
_UNDER_WAY = (
    select(_OTHER.user_id, func.count().label("num_generations"))
    .where(_OTHER.status == IN_PROGRESS).group_by(_OTHER.user_id).subquery()
)  # fmt: skip
_IS_FREE = or_(
    (Generation.status == QUEUED) & (Generation.available_at <= bindparam("now")),
    (Generation.status == IN_PROGRESS) & (Generation.lease_until < bindparam("now"))
    & Generation.id.not_in(bindparam("under_way", expanding=True)),
)  # fmt: skip
_WAITING = (
    select(Generation).where(Generation.kind == bindparam("kind"), _IS_FREE)
    .outerjoin(_UNDER_WAY, _UNDER_WAY.c.user_id == Generation.user_id)
    .order_by(func.coalesce(_UNDER_WAY.c.num_generations, 0), Generation.due_at)
    .limit(bindparam("places", type_=Integer)).with_for_update(of=Generation, skip_locked=True)
)  # fmt: skip
_EXPIRED = (
    select(Generation).where(Generation.status == QUEUED, Generation.deadline_at < bindparam("now"))
    .with_for_update(skip_locked=True)
)  # fmt: skip
_SETTLED = update(Usage).where(Usage.generation_id == bindparam("id")).values(device_s=bindparam("used_s"))
_BEFORE_THE_REST = {"autoflush": False, "synchronize_session": False}  # which is then written at once


def new_row(submission: Submission, quoted_s: float | None) -> Generation:
    now, request = datetime.now(UTC), submission.request
    return Generation(
        id=request.generation_id, api_key_id=submission.api_key_id, user_id=submission.user_id, kind=submission.kind,
        request=request.model_dump_json(), is_patient=submission.is_patient, status=QUEUED, attempt=0,
        num_events=0, worker=None, lease_until=None, available_at=now, is_cancelled=False, created_at=now,
        started_at=None, finished_at=None, record=None, error=None, deadline_at=request.deadline_at,
        due_at=due_at(request, now), num_pixels=request.width_px * request.height_px,
        num_row_steps=num_row_steps(request), quoted_s=quoted_s, device_s=None,
    )  # fmt: skip


def due_at(request: GenerationRequest, now: datetime) -> datetime:
    by_priority = now + STAND_BACK[request.priority]
    return min(by_priority, request.deadline_at or by_priority)


def idempotency_row(submission: Submission, named: Idempotency, generation_id: str) -> IdempotencyKey:
    return IdempotencyKey(
        api_key_id=submission.api_key_id, route=named.route, key=named.key, fingerprint=named.fingerprint,
        generation_id=generation_id,
    )  # fmt: skip


def waiting(session: Session, kind: Kind, places: int, under_way: Sequence[str]) -> ScalarResult[Generation]:
    """The user who has least under way comes first, whatever number of keys they come with."""
    now = datetime.now(UTC)
    return session.scalars(_WAITING, {"kind": kind, "places": places, "under_way": list(under_way), "now": now})


def expired(session: Session) -> ScalarResult[Generation]:
    return session.scalars(_EXPIRED, {"now": datetime.now(UTC)})


def queue_position(session: Session, row: Generation) -> int | None:
    """1: next; None: it does not wait."""
    if row.status != QUEUED:
        return None
    ahead = select(func.count()).select_from(Generation).where(
        Generation.kind == row.kind, Generation.status == QUEUED, Generation.due_at < row.due_at
    )  # fmt: skip
    return 1 + (session.scalar(ahead) or 0)


def lease(session: Session, row: Generation, worker: str) -> Lease:
    now, waited_since = datetime.now(UTC), row.lease_until or row.available_at
    row.status, row.worker, row.lease_until = IN_PROGRESS, worker, now + LEASE
    row.attempt += 1
    if row.started_at is None:
        row.started_at = now
        tell(session, row, IN_PROGRESS)
    request = GenerationRequest.model_validate_json(row.request)
    kind: Kind = "icon" if row.kind == "icon" else "splash"
    return Lease(row.id, kind, request, row.attempt, worker, row.is_patient, waited_since)


def add_images(session: Session, row: Generation, images: Sequence[ImageRecord]) -> None:
    """An attempt that is made again tells of the same files again: those are known."""
    before = select(Image.index).where(Image.generation_id == row.id)
    told = set(session.scalars(before)) if row.num_events > NUM_BEGINNING else set()
    output_format = GenerationRequest.model_validate_json(row.request).output_format
    for image in images:
        if image.index not in told:
            session.add(
                Image(
                    generation_id=row.id, index=image.index, api_key_id=row.api_key_id, user_id=row.user_id,
                    key=image.key, media_type=MEDIA_TYPES[output_format], sha256=image.sha256, seed=image.seed,
                    created_at=datetime.now(UTC),
                )
            )  # fmt: skip
            tell(session, row, IN_PROGRESS, image.index)


def end(
    session: Session,
    row: Generation,
    outcome: Outcome,
    record: GenerationRecord | None = None,
    error: JobError | None = None,
) -> None:
    row.status, row.finished_at, row.worker, row.lease_until = outcome, datetime.now(UTC), None, None
    row.record = record.model_dump_json() if record else None
    row.error = error.model_dump_json() if error else None
    used = {"id": row.id, "used_s": row.device_s or 0.0}
    session.execute(_SETTLED, used, execution_options=_BEFORE_THE_REST)
    if error and error.kind == "Unavailable":  # the caller is told to try again: under the same name it then can
        session.query(IdempotencyKey).filter_by(generation_id=row.id).delete()
    tell(session, row, outcome)


def remove(session: Session, row: Generation) -> list[str]:
    """With its images' rows; returns the keys of their files. Raises Conflict while it has not ended."""
    if row.status not in OUTCOMES:
        raise Conflict(f"generation {row.id!r} is {row.status}: cancel it first", "not_finished")
    images = session.scalars(select(Image).where(Image.generation_id == row.id)).all()
    for gone in (*images, row):
        session.delete(gone)
    return [image.key for image in images]


def tell(session: Session, row: Generation, status: str, image_index: int | None = None) -> None:
    """`row` is locked, so nobody else counts its events now."""
    row.num_events += 1
    session.add(
        GenerationEvent(
            generation_id=row.id, seq=row.num_events, status=status, image_index=image_index,
            created_at=datetime.now(UTC),
        )
    )  # fmt: skip
