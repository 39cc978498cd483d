"""Sets of images that are to look alike."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "image_sets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("drawing", sa.Text(), nullable=False),
        sa.Column("hero_item_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_image_sets_api_key_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_image_sets_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_image_sets"),
    )
    op.create_index("ix_image_sets_user_id", "image_sets", ["user_id", "kind", "created_at", "id"])
    op.create_table(
        "set_items",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("set_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("size", sa.String(), nullable=False),
        sa.Column("generation_id", sa.String(), nullable=False),
        sa.Column("waits_for", sa.String(), nullable=True),
        sa.Column("traits", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["image_sets.id"], name="fk_set_items_set_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_set_items"),
        sa.UniqueConstraint("set_id", "position", name="uq_set_items_set_id"),
    )
    op.create_index("ix_set_items_generation_id", "set_items", ["generation_id"])
    op.create_index("ix_set_items_waits_for", "set_items", ["waits_for"])
