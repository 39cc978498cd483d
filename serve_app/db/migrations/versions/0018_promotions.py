"""Fine-tuning jobs that promote what they have made."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("fine_tuning_jobs", sa.Column("promotion", sa.Text(), nullable=True))
