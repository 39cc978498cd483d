"""Alembic's entry: runs the migrations on the connection that `Database.open` hands over."""

from alembic import context

from serve_app.db.tables import Base
from serve_app.sets import tables  # noqa: F401  (its tables are in the metadata from here on)

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
