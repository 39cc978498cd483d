"""Alembic's entry: runs the migrations on the connection that `Database.open` hands over."""

from alembic import context

from serve_app.fine_tuning.tables import Base  # with the tables of `db/tables.py`

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
