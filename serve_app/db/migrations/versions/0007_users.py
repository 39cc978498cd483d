"""Users and their passwords, sessions and tries; all that there is belongs to the first admin."""

import uuid
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OWNED = ("api_keys", "generations", "files", "images")


def upgrade() -> None:
    users = op.create_table(
        "users",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String()),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("password_hash", sa.String()),
        sa.Column("password_token_digest", sa.String()),
        sa.Column("password_token_expires_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.UniqueConstraint("password_token_digest", name="uq_users_password_token_digest"),
    )
    op.add_column("api_keys", sa.Column("idle_until", sa.DateTime(timezone=True)))
    op.create_table(
        "sign_in_tries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_tries"),
    )
    op.create_index("ix_sign_in_tries_subject", "sign_in_tries", ["subject", "created_at"])
    op.create_index("ix_sign_in_tries_created_at", "sign_in_tries", ["created_at"])
    for table in OWNED:  # as one clause, which SQLite takes, unlike Alembic's two
        constraint = f"CONSTRAINT fk_{table}_user_id REFERENCES users (id)"
        op.execute(f"ALTER TABLE {table} ADD COLUMN user_id VARCHAR {constraint}")
    op.create_index("ix_generations_user_id", "generations", ["user_id", "created_at", "id"])
    op.drop_index("ix_files_api_key_id", "files")
    op.create_index("ix_files_user_id", "files", ["user_id", "created_at", "id"])
    if op.get_bind().execute(sa.text("SELECT count(*) FROM api_keys")).scalar():
        admin = {"id": f"user_{uuid.uuid4().hex}", "name": "admin", "role": "admin", "created_at": datetime.now(UTC)}
        op.bulk_insert(users, [admin])
        for table in OWNED:
            op.get_bind().execute(sa.text(f"UPDATE {table} SET user_id = :id"), {"id": admin["id"]})
