"""Alembic's entry: runs on the connection that ``casemate.store.schema`` opened, and no other."""

from typing import Any, Literal

from alembic import context

from casemate.store.engine import Base, UtcDateTime


def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """The full-text index is made by hand in each database's own words; Alembic cannot see it."""
    return kind != "table" or not (name or "").startswith("catalogue_search")


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Types as a migration should name them for ever, whatever becomes of our classes."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and type(item).__name__ == "JSON":
        return "Json"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    compare_type=True,
    include_name=is_ours,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
