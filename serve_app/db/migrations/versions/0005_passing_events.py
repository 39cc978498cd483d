"""Events on the way to an end are found without a look at all the ends."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

IS_PASSING = sa.text("status NOT IN ('completed', 'failed', 'cancelled')")


def upgrade() -> None:
    op.create_index(
        "ix_generation_events_passing", "generation_events", ["generation_id"],
        sqlite_where=IS_PASSING, postgresql_where=IS_PASSING,
    )  # fmt: skip
