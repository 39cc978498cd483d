"""What a generation was expected to take of the device, what it took, and what both follow from."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for name in ("num_pixels", "num_row_steps"):
        op.add_column("generations", sa.Column(name, sa.Integer()))
    for name in ("quoted_s", "device_s"):
        op.add_column("generations", sa.Column(name, sa.Double()))
    op.create_index("ix_generations_kind", "generations", ["kind", "status", "finished_at"])
