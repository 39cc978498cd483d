"""The end of a generation, to be told to an address: a row from acceptance on, so that no restart forgets it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from serve_app.db.tables import Base, Generation


class Webhook(Base):
    __tablename__ = "webhooks"

    generation_id: Mapped[str] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))  # whose secret signs it
    event_id: Mapped[str]  # the same at each try: who is told twice can know
    url: Mapped[str]
    status: Mapped[str]  # waiting, delivered or failed
    num_tries: Mapped[int]  # begun
    due_at: Mapped[datetime]  # not to be tried before; moved on while a gateway tries
    error: Mapped[str | None]  # of the last try
    generation: Mapped[Generation] = relationship(lazy="raise")  # is written first

    __table_args__ = (Index("ix_webhooks_status", "status", "due_at"),)
