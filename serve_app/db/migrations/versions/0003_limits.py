"""What a key may ask for, and the ledger of what it did."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("requests_per_minute", "images_per_minute", "concurrent_generations"):
        op.add_column("api_keys", sa.Column(name, sa.Integer()))
    op.create_table(
        "usages",
        sa.Column("generation_id", sa.String(), nullable=False),
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("num_images", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_usages_api_key_id"),
        sa.PrimaryKeyConstraint("generation_id", name="pk_usages"),
    )
    op.create_index("ix_usages_api_key_id", "usages", ["api_key_id", "created_at"])
