"""The ledger's tables: entries, the hashes of complete tiles over them, and one signed head."""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text, cast
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base

SUBJECT_CHARACTERS = 200
ACT_CHARACTERS = 64
_Big = BigInteger().with_variant(Integer, "sqlite")  # there INTEGER is the row id itself: no index


class LedgerEntryRow(Base):
    """One act. ``body`` is what counts; ``leaf``, ``subject`` and ``act`` are derived, for speed."""

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_act", "act", "index"),)

    index: Mapped[int] = mapped_column(_Big, primary_key=True, autoincrement=False)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32))
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARACTERS), index=True)
    act: Mapped[str] = mapped_column(String(ACT_CHARACTERS), server_default="")


class LedgerNodeRow(Base):
    """The root of one complete tile: 256 entries at level 1, 256 tiles of the level below above it.

    With the leaves these rows give any proof by reading a few runs of 256 hashes.
    """

    __tablename__ = "ledger_node"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    index: Mapped[int] = mapped_column(_Big, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LedgerHeadRow(Base):
    """The one row (id 1) that every writer locks: size, right edge and signed checkpoint."""

    __tablename__ = "ledger_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(_Big)
    frontier: Mapped[bytes] = mapped_column(LargeBinary)
    checkpoint: Mapped[str] = mapped_column(Text)


# Whoever edits SQLite behind our back may leave text where bytes were: read it as bytes all the same.
BODY = cast(LedgerEntryRow.body, LargeBinary)
LEAF = cast(LedgerEntryRow.leaf, LargeBinary)
