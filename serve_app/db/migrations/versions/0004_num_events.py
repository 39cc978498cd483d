"""A generation counts its events, so that telling one more asks the database nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("generations", sa.Column("num_events", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE generations SET num_events ="
        " (SELECT count(*) FROM generation_events WHERE generation_events.generation_id = generations.id)"
    )
