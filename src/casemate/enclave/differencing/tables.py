"""Tables of the memory of releases: one line an output, and one counter a dataset version."""

from datetime import datetime

from sqlalchemy import LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casemate.store import Base, UtcDateTime
from casemate.store.wrapped import wrapped


class MemoryRow(Base):
    """How many outputs of a dataset version are remembered. Whoever releases one locks this row, so
    that two releases never pass on the same state."""

    __tablename__ = "differencing_memory"

    dataset: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counter: Mapped[int]


class StatementsRow(Base):
    """What an output says of the records: sealed in the vault. ``number`` is its place among what
    was released of the dataset version, and empty as long as it was not."""

    __tablename__ = "differencing_statements"
    __table_args__ = (UniqueConstraint("dataset", "version", "number"),)

    output: Mapped[str] = mapped_column(String(64), primary_key=True)
    dataset: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int | None]
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary, info=wrapped("{blob}"))
    discloses: Mapped[bool] = mapped_column(default=False)
    """Released by a person although it discloses, as far as the memory could tell."""
    opaque: Mapped[bool] = mapped_column(default=False)
    """Whether the output may say more than these statements: nothing could be read off all of it."""
    remembered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PersonsRow(Base):
    """Which person each record of a dataset version is of, sealed in the vault: only where somebody
    has several records. Written once, with the first output that was counted by it."""

    __tablename__ = "differencing_persons"

    dataset: Mapped[str] = mapped_column(String(200), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blob: Mapped[str] = mapped_column(String(64))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary, info=wrapped("{blob}"))
