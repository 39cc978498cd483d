"""Styles, and each version that they had."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from serve_app.db.tables import Base


class Style(Base):
    __tablename__ = "styles"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int]  # the newest
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_styles_user_id", "user_id", "created_at", "id"),)


class StyleVersion(Base):
    """Never changed: a drawing that names it is drawn alike for as long as the style is there."""

    __tablename__ = "style_versions"

    style_id: Mapped[str] = mapped_column(ForeignKey("styles.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    parts: Mapped[str] = mapped_column(Text)  # a StyleParts, as JSON
    created_at: Mapped[datetime]
