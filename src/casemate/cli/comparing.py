"""An output against earlier releases, in lines for a terminal."""

from collections.abc import Iterator

from casemate.cli.common import printable
from casemate.clock import timestamp
from casemate.enclave.comparing import Cell, Comparison, Difference, TableDifference


def compared(found: Comparison) -> Iterator[str]:
    """The comparison, line by line; a count that changed by less than the threshold is marked."""
    for memory in found.memory:
        unread = f", of them unread: {', '.join(memory.unread)}" if memory.unread else ""
        yield f"{memory.dataset} version {memory.version}: {memory.releases} releases{unread}"
    if not found.earlier:
        yield "No earlier release of the same data is near it."
    for one in found.earlier:
        yield f"against {one.output} ({printable(one.name)}), {timestamp(one.released_at)}"
        yield from (f"  {printable(line)}" for line in _lines(one.difference, found.min_cell))
    if found.withheld:
        yield f"{found.withheld} earlier releases are not yours to read."


def _lines(found: Difference, min_cell: int) -> Iterator[str]:
    if found.identical:
        yield "the same, byte for byte"
    if found.table is not None:
        yield from _table(found.table, min_cell)
    yield from found.text
    for name, old, new in found.attributes:
        yield f"{name}: {'' if old is None else old} -> {'' if new is None else new}"
    if found.shortened:
        yield "(shortened)"


def _table(found: TableDifference, min_cell: int) -> Iterator[str]:
    yield ", ".join(f"{count} {state}" for state, count in found.counts.items())
    names = [name for name, _ in found.columns]
    for line in found.lines:
        cells = zip(names, line.cells, strict=True)
        yield f"{line.state}: " + "; ".join(_cell(*one, min_cell) for one in cells)


def _cell(name: str, cell: Cell, min_cell: int) -> str:
    if cell.old is None or cell.new is None:
        return f"{name} {cell.new if cell.old is None else cell.old}"
    if cell.old == cell.new:
        return f"{name} {cell.new}"
    few = cell.by is not None and abs(cell.by) < min_cell
    return f"{name} {cell.old} -> {cell.new}" + (" (!)" if few else "")
