"""What was drawn before, found by what was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"


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
