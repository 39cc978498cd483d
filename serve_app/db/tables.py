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
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column, relationship


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


class User(Base):
    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)  # lower case, without "@": no name is another's address
    email: Mapped[str | None] = mapped_column(unique=True)
    role: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    password_hash: Mapped[str | None]  # argon2id, with its parameters
    password_token_digest: Mapped[str | None] = mapped_column(unique=True)  # as a key's; used, it is gone
    password_token_expires_at: Mapped[datetime | None]  # absent: never, as the first admin's


def _owner() -> MappedColumn[str]:
    """Of each row. SQLite adds no column that refers to another table and is never empty: the migration fills it."""
    return mapped_column(ForeignKey("users.id"), nullable=True)


class ApiKey(Base):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)  # public: part of the key itself
    user_id: Mapped[str] = _owner()
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(unique=True)  # HMAC-SHA-256 of the whole key; the key is never stored
    scopes: Mapped[str]  # space-separated
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    idle_until: Mapped[datetime | None]  # of a session: moved on while it is used; absent: an API key
    requests_per_minute: Mapped[int | None]  # these four: absent, without limit
    images_per_minute: Mapped[int | None]
    concurrent_generations: Mapped[int | None]
    device_s_per_day: Mapped[int | None]
    highest_priority: Mapped[str | None]
    user: Mapped[User] = relationship(lazy="raise")


class SignInTry(Base):
    """A password that was wrong, or is being looked at."""

    __tablename__ = "sign_in_tries"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str]  # SHA-256 of the name, or of the address that it came from
    created_at: Mapped[datetime] = mapped_column(index=True)

    __table_args__ = (Index("ix_sign_in_tries_subject", "subject", "created_at"),)


class Generation(Base):
    """A job: what was asked for, how far it is, and what came of it. An outcome is its end."""

    __tablename__ = "generations"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    user_id: Mapped[str] = _owner()
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
        Index("ix_generations_user_id", "user_id", "created_at", "id"),
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
    generation: Mapped[Generation] = relationship(lazy="raise")  # is written first


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
    """An image that a user has uploaded, clean; `key` names it in the image store, where it is before this row is."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    user_id: Mapped[str] = _owner()
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
        Index("ix_files_user_id", "user_id", "created_at", "id"),
    )


class AuditEntry(Base):
    """What a caller changed, or tried to. It outlives its object and its actor's key; never what was in the call."""

    __tablename__ = "audit_entries"

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    actor_id: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str | None]
    object_id: Mapped[str | None]
    outcome: Mapped[str]  # `done`, or an error's code
    request_id: Mapped[str]
    client_address: Mapped[str | None]

    __table_args__ = (
        Index("ix_audit_entries_created_at", "created_at", "id"),
        Index("ix_audit_entries_actor_id", "actor_id", "created_at", "id"),
    )


class IdempotencyKey(Base):
    """A caller's name for a request: asked again under it, the same generation answers."""

    __tablename__ = "idempotency_keys"

    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]  # SHA-256 of the body
    generation_id: Mapped[str] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)
    generation: Mapped[Generation] = relationship(lazy="raise")  # is written first


class Image(Base):
    """A finished image; `key` names its file in the image store, which exists before this row does."""

    __tablename__ = "images"

    generation_id: Mapped[str] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"), index=True)
    user_id: Mapped[str] = _owner()
    key: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
