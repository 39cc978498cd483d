"""Alembic's entry: runs the migrations on the connection that `Database.open` hands over."""

from alembic import context

from serve_app.db.tables import Base
from serve_app.fine_tuning import tables  # noqa: F401  (these for their tables)
from serve_app.jobs import results  # noqa: F401
from serve_app.sets import tables as set_tables  # noqa: F401
from serve_app.styles import tables as style_tables  # noqa: F401
from serve_app.webhooks import table  # noqa: F401

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
