"""Which columns hold what the master key encrypted, said at each of them, so that none is forgotten.

A column that holds a wrapped data key is declared ``mapped_column(LargeBinary, info=wrapped("{blob}"))``,
one that holds a sealed text ``info=sealed("{id}")``; the template gives the context from the row's other
columns. A change of the master key goes through all of them. And a transaction that is about to commit
has what it wrote looked at: what was encrypted before a change and recorded after it would be lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column, LargeBinary, Table, bindparam, event, inspect, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from casemate.errors import Unavailable
from casemate.store.engine import Base
from casemate.store.keys import Keyring

_INFO = "encrypted_by_the_master_key"
_WRITTEN = "encrypted_values_written"
_AT_ONCE = 5_000


class RetainedKeyRow(Base):
    """A key that followed from an earlier master key and is needed still, wrapped by today's."""

    __tablename__ = "retained_key"

    label: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped_key: Mapped[bytes] = mapped_column(
        LargeBinary, info={_INFO: ("key", "retained:{label}:{number}")}
    )


@dataclass(frozen=True)
class Encrypted:
    """One value as it stands in a row."""

    kind: Literal["key", "text"]
    context: str
    value: bytes


def wrapped(context: str) -> dict[str, Any]:
    """For a column that holds a wrapped data key; ``context`` is its context as a template."""
    return {_INFO: ("key", context)}


def sealed(context: str) -> dict[str, Any]:
    """For a column that holds a sealed text."""
    return {_INFO: ("text", context)}


def rewrap(tx: Session, old: Keyring, new: Keyring) -> int:
    """Encrypt anew, under ``new``, all that ``old`` encrypted in the database; gives how many values.

    Raises ``IntegrityFailure`` naming the first that does not open.
    """
    return sum(
        _rewrap_column(tx, table, column, old, new)
        for table in Base.metadata.sorted_tables
        for column in _columns(table)
    )


def retained(tx: Session) -> dict[str, list[bytes]]:
    """The wrapped keys that are retained, by label, the newest first."""
    found: dict[str, list[bytes]] = {}
    rows = select(RetainedKeyRow).order_by(RetainedKeyRow.label, RetainedKeyRow.number.desc())
    for row in tx.scalars(rows):
        found.setdefault(row.label, []).append(row.wrapped_key)
    return found


def require_current(tx: Session, keyring: Keyring) -> None:
    """Raise ``Unavailable`` where ``tx`` wrote something that ``keyring`` does not open."""
    for one in tx.info.get(_WRITTEN, ()):
        if not keyring.opens(one.kind, one.value, one.context):
            raise Unavailable(
                "the master key was changed while this was being done: nothing was recorded, try again"
            )


def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if _INFO in column.info]


def _rewrap_column(
    tx: Session, table: Table, column: Column[Any], old: Keyring, new: Keyring
) -> int:
    kind, template = column.info[_INFO]
    keys = list(table.primary_key)
    change = (
        update(table)
        .where(*(key == bindparam(f"at_{key.name}") for key in keys))
        .values({column.name: bindparam("anew")})
    )
    rows = tx.execute(select(table).where(column.is_not(None))).mappings().all()
    changes = []
    for row in rows:
        context = template.format_map(_named(row))
        anew = new.encrypt_anew(old, kind, row[column], context)
        changes.append({"anew": anew} | {f"at_{key.name}": row[key] for key in keys})
    for start in range(0, len(changes), _AT_ONCE):
        tx.connection().execute(change, changes[start : start + _AT_ONCE])
    return len(changes)


def _named(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(getattr(name, "name", name)): value for name, value in row.items()}


@event.listens_for(Session, "after_flush")
def _note_written(session: Session, _context: object) -> None:
    for row in (*session.new, *session.dirty):
        table = inspect(type(row)).local_table
        for column in _columns(table) if isinstance(table, Table) else ():
            value = getattr(row, column.key)
            if value is not None:
                kind, template = column.info[_INFO]
                context = template.format_map(
                    {one.name: getattr(row, one.key, None) for one in table.columns}
                )
                written = session.info.setdefault(_WRITTEN, [])
                written.append(Encrypted(kind, context, bytes(value)))
