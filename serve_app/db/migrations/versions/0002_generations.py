"""Generations as jobs, their events, and callers' names for their requests."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "generations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("is_patient", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String()),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("record", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_generations_api_key_id"),
        sa.PrimaryKeyConstraint("id", name="pk_generations"),
    )
    op.create_index("ix_generations_status", "generations", ["status", "available_at"])
    op.create_index("ix_generations_api_key_id", "generations", ["api_key_id", "created_at", "id"])
    _create_events()
    _create_idempotency_keys()


def _create_events() -> None:
    op.create_table(
        "generation_events",
        sa.Column("generation_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("image_index", sa.Integer()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_generation_events_generation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("generation_id", "seq", name="pk_generation_events"),
    )
    is_terminal = sa.text("status IN ('completed', 'failed', 'cancelled')")
    op.create_index(
        "uq_generation_events_terminal", "generation_events", ["generation_id"],
        unique=True, sqlite_where=is_terminal, postgresql_where=is_terminal,
    )  # fmt: skip


def _create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("generation_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_idempotency_keys_api_key_id"),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generations.id"], name="fk_idempotency_keys_generation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("api_key_id", "route", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_generation_id", "idempotency_keys", ["generation_id"])
