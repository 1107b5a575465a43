"""How two contents differ, in a form that a person can read: cell by cell, line by line, name by name.

Bounded in size and time: what is compared was bounded by ``content_of``, and texts are cut to as many lines
as a comparison takes moments for.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from casemate.enclave.checks_parse import as_number
from casemate.enclave.comparing.content import Content

State = Literal["same", "changed", "added", "removed"]
MOST_LINES = 300
"""Of a difference that is told; of a table, those that are not the same."""
MOST_TEXT_LINES = 400
"""Between the first and the last line that differ: the comparison of more takes a hostile text too long."""
MOST_KEYS = 8
EXACT = 1e15
"""Below it every whole number is exact."""


@dataclass(frozen=True)
class Cell:
    """One cell before and after; ``by`` is how much was added where both are whole numbers."""

    old: str | None
    new: str | None
    by: int | None = None

    @property
    def state(self) -> State:
        """What became of it."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "same" if self.old == self.new else "changed"


@dataclass(frozen=True)
class Line:
    """One line of a table that is not the same in both."""

    state: State
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class TableDifference:
    """``columns`` of either table with what became of them; lines are told apart by the columns ``keys``,
    or by their place where no columns do. ``matched``: they begin with the same column; where not, they are
    other tables, and no line is held against another. ``counts``: how many lines are in each state."""

    columns: tuple[tuple[str, State], ...]
    keys: tuple[str, ...]
    lines: tuple[Line, ...]
    counts: dict[str, int]
    matched: bool = True


@dataclass(frozen=True)
class Difference:
    """One of ``table``, ``text`` (a unified difference) or ``attributes`` (name, old, new)."""

    identical: bool
    table: TableDifference | None = None
    text: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str | None, str | None], ...] = ()
    shortened: bool = False


def difference(old: Content, new: Content, *, identical: bool) -> Difference:
    """How ``new`` differs from ``old``; ``identical`` says that their bytes are the same."""
    if identical:
        return Difference(identical=True)
    cut = old.shortened or new.shortened
    if old.form == new.form == "table":
        table = _of_tables(old, new)
        told = sum(table.counts[state] for state in ("changed", "added", "removed"))
        return Difference(identical=False, table=table, shortened=cut or told > len(table.lines))
    if old.form == new.form == "text":
        lines, shortened = _of_texts(old.text.splitlines(), new.text.splitlines())
        return Difference(identical=False, text=lines, shortened=cut or shortened)
    return Difference(identical=False, attributes=_of_attributes(old, new), shortened=cut)


def _of_attributes(old: Content, new: Content) -> tuple[tuple[str, str | None, str | None], ...]:
    before = dict((("form", old.form), ("what", old.what), *old.attributes))
    after = dict((("form", new.form), ("what", new.what), *new.attributes))
    names = dict.fromkeys([*before, *after])
    return tuple(
        (name, before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )[:MOST_LINES]


def _of_texts(old: Sequence[str], new: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    first = _alike(old, new)
    last = _alike(old[first:][::-1], new[first:][::-1])
    context = max(0, first - 2)
    before, after = (lines[context : len(lines) - max(0, last - 2)] for lines in (old, new))
    shortened = max(len(before), len(after)) > MOST_TEXT_LINES
    told = difflib.unified_diff(before[:MOST_TEXT_LINES], after[:MOST_TEXT_LINES], n=2, lineterm="")
    lines = list(told)[2:]  # without the names of the two files; the places are of a part of them
    return tuple("…" if line.startswith("@@") else line for line in lines), shortened


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _of_tables(old: Content, new: Content) -> TableDifference:
    names = list(dict.fromkeys([*new.columns, *old.columns]))
    columns = tuple((name, _presence(name in old.columns, name in new.columns)) for name in names)
    matched = old.columns[:1] == new.columns[:1]
    keys = _keys(old, new) if matched else ()
    before, after = _by_key(old, keys), _by_key(new, keys)
    if not matched:
        before = {("earlier", *key): row for key, row in before.items()}
    counts: dict[str, int] = dict.fromkeys(("same", "changed", "added", "removed"), 0)
    lines: list[Line] = []
    for key in dict.fromkeys([*after, *before]):
        line = _line(names, before.get(key), after.get(key))
        counts[line.state] += 1
        if line.state != "same" and len(lines) < MOST_LINES:
            lines.append(line)
    return TableDifference(columns, keys, tuple(lines), counts, matched)


def _presence(before: bool, after: bool) -> State:
    if before and after:
        return "same"
    return "removed" if before else "added"


def _keys(old: Content, new: Content) -> tuple[str, ...]:
    """The fewest leading columns of both that tell apart the lines of each; none where no few do."""
    if len(set(old.columns)) < len(old.columns) or len(set(new.columns)) < len(new.columns):
        return ()
    common = [name for name in new.columns if name in old.columns][:MOST_KEYS]
    for count in range(1, len(common) + 1):
        keys = tuple(common[:count])
        if all(len(_by_key(one, keys)) == len(one.rows) for one in (old, new)):
            return keys
    return ()


Row = dict[str, str]


def _by_key(content: Content, keys: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    rows = [dict(zip(content.columns, row, strict=False)) for row in content.rows]
    if not keys:
        return {(str(place),): row for place, row in enumerate(rows)}
    return {tuple(row.get(key, "") for key in keys): row for row in rows}


def _line(names: Sequence[str], old: Row | None, new: Row | None) -> Line:
    if old is None or new is None:
        only: Row = (new if old is None else old) or {}
        cells = tuple(
            Cell(None, only.get(name)) if old is None else Cell(only.get(name), None)
            for name in names
        )
        return Line("added" if old is None else "removed", cells)
    cells = tuple(_cell(old.get(name), new.get(name)) for name in names)
    changed = any(one.old != one.new for one in cells)
    return Line("changed" if changed else "same", cells)


def _cell(old: str | None, new: str | None) -> Cell:
    before, after = as_number(old), as_number(new)
    whole = [one for one in (before, after) if one is not None and one.is_integer()]
    if before is None or after is None or len(whole) < 2 or max(map(abs, whole)) >= EXACT:
        return Cell(old, new)
    return Cell(old, new, int(after) - int(before))
