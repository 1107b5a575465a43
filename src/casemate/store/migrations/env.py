"""Alembic's entry: runs on the connection that ``casemate.store.schema`` opened, and no other."""

from typing import Any, Literal

from alembic import context

from casemate.store.engine import Base, UtcDateTime

SEARCH = {
    "table": ("catalogue_search", "algorithm_search"),
    "column": ("document", "filters"),
    "index": ("catalogue_entry_document", "catalogue_entry_filters", "algorithm_entry_document"),
}
"""The full-text index is made by hand in each database's own words: no model speaks of it."""


def is_ours(name: str | None, kind: str, parents: Any) -> bool:
    """Whether Alembic should compare this part of the database with the models."""
    if kind == "column" and parents.get("table_name") not in (
        "catalogue_entry",
        "algorithm_entry",
    ):
        return True
    return not (name or "").startswith(SEARCH.get(kind, ("\0",)))


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
