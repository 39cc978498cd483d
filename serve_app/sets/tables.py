"""Sets: generations that are to look alike, and what each of them shows."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from serve_app.db.tables import Base


class ImageSet(Base):
    """What all items share; later items are drawn by it as well."""

    __tablename__ = "image_sets"

    id: Mapped[str] = mapped_column(primary_key=True)
    api_key_id: Mapped[str] = mapped_column(ForeignKey("api_keys.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    name: Mapped[str]
    template: Mapped[str] = mapped_column(Text)  # of a prompt; `{subject}` stands for an item's own words
    drawing: Mapped[str] = mapped_column(Text)  # a Drawing, as JSON, with the seed that was chosen
    style: Mapped[str | None] = mapped_column(Text)  # a StyleUse, as JSON; what else its style says is in `drawing`
    hero_item_id: Mapped[str | None]  # that the others take after; maybe another set's, maybe deleted since
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_image_sets_user_id", "user_id", "kind", "created_at", "id"),)


class SetItem(Base):
    """One subject. Its generation may be deleted, and be replaced by one with another seed."""

    __tablename__ = "set_items"

    id: Mapped[str] = mapped_column(primary_key=True)
    set_id: Mapped[str] = mapped_column(ForeignKey("image_sets.id", ondelete="CASCADE"))
    position: Mapped[int]
    subject: Mapped[str] = mapped_column(Text)
    prompt: Mapped[str] = mapped_column(Text)
    size: Mapped[str]  # WIDTHxHEIGHT in pixels, or `auto`
    generation_id: Mapped[str] = mapped_column(index=True)
    waits_for: Mapped[str | None] = mapped_column(
        index=True
    )  # the item whose image it takes after, until that is there
    traits: Mapped[str | None] = mapped_column(Text)  # measured of its generation's image: an ItemTraits, as JSON

    __table_args__ = (UniqueConstraint("set_id", "position"),)
