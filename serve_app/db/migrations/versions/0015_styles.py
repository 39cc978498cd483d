"""Styles that drawings name, and the words of a set's style, which later items are drawn by as well."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "styles",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_styles_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_styles"),
    )
    op.create_index("ix_styles_user_id", "styles", ["user_id", "created_at", "id"])
    op.create_table(
        "style_versions",
        sa.Column("style_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["style_id"], ["styles.id"], name="fk_style_versions_style_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("style_id", "version", name="pk_style_versions"),
    )
    op.add_column("image_sets", sa.Column("style", sa.Text(), nullable=True))
