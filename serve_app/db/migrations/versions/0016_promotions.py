"""Fine-tuning jobs that promote what they have made."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("fine_tuning_jobs", sa.Column("promotion", sa.Text(), nullable=True))
