"""Fine-tuning jobs and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "fine_tuning_jobs",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "api_key_id", "user_id", "file_id")),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("attempt", "num_events", "step")),
        sa.Column("checkpoint_step", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String()),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text()),
        sa.Column("fine_tuned_model", sa.String()),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_fine_tuning_jobs_api_key_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_fine_tuning_jobs_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_fine_tuning_jobs"),
    )
    op.create_index("ix_fine_tuning_jobs_status", "fine_tuning_jobs", ["status", "lease_until"])
    op.create_index("ix_fine_tuning_jobs_user_id", "fine_tuning_jobs", ["user_id", "created_at", "id"])
    op.create_table(
        "fine_tuning_events",
        sa.Column("job_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", sa.Text()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["fine_tuning_jobs.id"], name="fk_fine_tuning_events_job_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "seq", name="pk_fine_tuning_events"),
    )
