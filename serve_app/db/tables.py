"""The tables. A change here comes with a migration in `migrations/versions/`."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012  (SQLAlchemy's own protocol)


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)  # public: part of the key itself
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)  # HMAC-SHA-256 of the whole key; the key is never stored
    scopes: Mapped[str]  # space-separated
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    requests_per_minute: Mapped[int | None]  # from here on: absent, without limit
    images_per_minute: Mapped[int | None]
    concurrent_generations: Mapped[int | None]
    device_s_per_day: Mapped[int | None]
    highest_priority: Mapped[str | None]


class Generation(Base):
    """A job: what was asked for, how far it is, and what came of it. An outcome is its end."""

    __tablename__ = "generations"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    kind: Mapped[str]
    request: Mapped[str] = mapped_column(Text)  # a GenerationRequest, as JSON
    is_patient: Mapped[bool]  # waits for a service that can't draw now; nobody holds a line for it
    status: Mapped[str]
    attempt: Mapped[int]
    num_events: Mapped[int]  # told so far, in `generation_events`
    worker: Mapped[str | None]  # the gateway replica that has it drawn, until `lease_until` unless it renews
    lease_until: Mapped[datetime | None]
    available_at: Mapped[datetime]  # not to be drawn before
    due_at: Mapped[datetime]  # where it stands in the queue: the earliest comes first
    deadline_at: Mapped[datetime | None]  # not to be begun after
    num_pixels: Mapped[int | None]  # of one image; this and the next are what its cost follows from
    num_row_steps: Mapped[int | None]  # steps of all images, twice with guidance
    quoted_s: Mapped[float | None]  # device seconds expected when it was accepted; None: nothing was measured yet
    device_s: Mapped[float | None]  # that it took so far, all attempts together
    is_cancelled: Mapped[bool]  # asked for; the worker sees it at its next renewal
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    record: Mapped[str | None] = mapped_column(Text)  # a GenerationRecord, as JSON
    error: Mapped[str | None] = mapped_column(Text)  # a JobError, as JSON

    __table_args__ = (
        Index("ix_generations_status", "status", "available_at"),
        Index("ix_generations_kind", "kind", "status", "finished_at"),
        Index("ix_generations_deadline_at", "status", "deadline_at"),
        Index("ix_generations_api_key_id", "api_key_id", "created_at", "id"),
    )


class Usage(Base):
    """The ledger: what a key had accepted, and when. It outlives the generation, which its owner may delete."""

    __tablename__ = "usages"

    generation_id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    created_at: Mapped[datetime]
    num_images: Mapped[int]
    kind: Mapped[str]
    day: Mapped[str]  # of `created_at` in UTC, YYYY-MM-DD
    device_s: Mapped[float]  # expected; from its end on, what it took

    __table_args__ = (Index("ix_usages_api_key_id", "api_key_id", "created_at"),)


class GenerationEvent(Base):
    """What happened to a generation, in order: what a stream tells, and tells again to who comes back."""

    __tablename__ = "generation_events"

    generation_id: Mapped[str] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]  # that it came to; `in_progress` once more for each image
    image_index: Mapped[int | None]
    created_at: Mapped[datetime]


_IS_TERMINAL = text("status IN ('completed', 'failed', 'cancelled', 'expired')")
Index(
    "uq_generation_events_terminal", GenerationEvent.generation_id,
    unique=True, sqlite_where=_IS_TERMINAL, postgresql_where=_IS_TERMINAL,
)  # fmt: skip
_PASSING = "status NOT IN ('completed', 'failed', 'cancelled', 'expired')"
_IS_PASSING = text(_PASSING)
IS_PASSING = text(f"generation_events.{_PASSING}")  # in a query: only to the letter does it use the index
Index(
    "ix_generation_events_passing", GenerationEvent.generation_id,
    sqlite_where=_IS_PASSING, postgresql_where=_IS_PASSING,
)  # fmt: skip


class UploadedFile(Base):
    """An image that a key has uploaded, clean; `key` names it in the image store, where it is before this row is."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    filename: Mapped[str]  # to be shown
    purpose: Mapped[str]
    key: Mapped[str]
    sha256: Mapped[str]  # of the clean PNG
    size_bytes: Mapped[int]
    width_px: Mapped[int]
    height_px: Mapped[int]
    has_alpha: Mapped[bool]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("api_key_id", "sha256"),
        Index("ix_files_api_key_id", "api_key_id", "created_at", "id"),
    )


class IdempotencyKey(Base):
    """A caller's name for a request: asked again under it, the same generation answers."""

    __tablename__ = "idempotency_keys"

    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]  # SHA-256 of the body
    generation_id: Mapped[str] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)


class Image(Base):
    """A finished image; `key` names its file in the image store, which exists before this row does."""

    __tablename__ = "images"

    generation_id: Mapped[str] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"), index=True)
    key: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
