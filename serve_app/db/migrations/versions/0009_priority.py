"""A place in the queue that priority and deadline decide; generations that expire; a key's highest priority."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ENDS = "('completed', 'failed', 'cancelled', 'expired')"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("highest_priority", sa.String()))
    op.add_column("generations", sa.Column("deadline_at", sa.DateTime(timezone=True)))
    op.add_column(
        "generations",
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00.000000"),
    )
    op.execute("UPDATE generations SET due_at = created_at")
    op.create_index("ix_generations_deadline_at", "generations", ["status", "deadline_at"])
    _index_ends(unique=True, name="uq_generation_events_terminal", where=f"status IN {ENDS}")
    _index_ends(unique=False, name="ix_generation_events_passing", where=f"status NOT IN {ENDS}")


def _index_ends(unique: bool, name: str, where: str) -> None:
    op.drop_index(name, "generation_events")
    op.create_index(
        name, "generation_events", ["generation_id"],
        unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where),
    )  # fmt: skip
