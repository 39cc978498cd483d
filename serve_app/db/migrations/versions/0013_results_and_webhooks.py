"""What was drawn before, found by what was asked for; and ends of generations to be told to an address."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column(
            "generation_id", sa.String(),
            sa.ForeignKey("generations.id", name="fk_results_generation_id", ondelete="CASCADE"), nullable=False,
        ),
        sa.Column("user_id", sa.String(), sa.ForeignKey("users.id", name="fk_results_user_id"), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("generation_id", name="pk_results"),
    )  # fmt: skip
    op.create_index("ix_results_user_id", "results", ["user_id", "fingerprint"])
    op.create_table(
        "webhooks",
        sa.Column(
            "generation_id", sa.String(),
            sa.ForeignKey("generations.id", name="fk_webhooks_generation_id", ondelete="CASCADE"), nullable=False,
        ),
        sa.Column(
            "api_key_id", sa.String(), sa.ForeignKey("api_keys.id", name="fk_webhooks_api_key_id"), nullable=False
        ),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("num_tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String()),
        sa.PrimaryKeyConstraint("generation_id", name="pk_webhooks"),
    )  # fmt: skip
    op.create_index("ix_webhooks_status", "webhooks", ["status", "due_at"])
