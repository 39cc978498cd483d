"""The ledger of device seconds, by day and kind, and what a key may use of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("device_s_per_day", sa.Integer()))
    for name in ("kind", "day"):
        op.add_column("usages", sa.Column(name, sa.String(), nullable=False, server_default="unknown"))
    op.add_column("usages", sa.Column("device_s", sa.Double(), nullable=False, server_default="0"))
    op.execute("UPDATE usages SET day = substr(CAST(created_at AS VARCHAR), 1, 10)")
    known = "SELECT kind FROM generations WHERE generations.id = usages.generation_id"
    op.execute(f"UPDATE usages SET kind = COALESCE(({known}), 'unknown')")
