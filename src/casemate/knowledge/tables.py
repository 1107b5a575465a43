"""The room's tables: each collection of texts as it was last loaded, and what was made of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, Json, UtcDateTime


class CorpusRow(Base):
    """A collection of texts; the texts themselves lie in a file of their own."""

    __tablename__ = "corpus"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(71))
    index: Mapped[str] = mapped_column(String(71), default="")
    held: Mapped[dict[str, Any]] = mapped_column(Json)
    loaded_by: Mapped[str] = mapped_column(String(64))
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TranslationMemoryRow(Base):
    """The translation memory and termbase of a collection; both lie in files of their own."""

    __tablename__ = "translation_memory"

    corpus: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(71))
    terms_digest: Mapped[str] = mapped_column(String(71))
    texts: Mapped[str] = mapped_column(String(71))
    held: Mapped[dict[str, Any]] = mapped_column(Json)
    built_by: Mapped[str] = mapped_column(String(64))
    built_at: Mapped[datetime] = mapped_column(UtcDateTime)
