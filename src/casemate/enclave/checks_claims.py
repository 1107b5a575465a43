"""Which table of the inputs a file claims to be, and what the data give for it.

Long form: key columns are variables of one input, a count column says how many people, other columns
are statistics of a variable within the cell. A crosstab (``pandas.crosstab``) is melted to long form.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from casemate.enclave.checks_columns import is_count, measures
from casemate.enclave.checks_parse import Table, as_number, canonical_cell

Key = tuple[str | None, ...]
Pattern = tuple[bool, ...]
_MARGINS = frozenset({"all", "total", "sum", "(all)"})
_SUPPRESSED = re.compile(r"\*|x|\.\.|\[c\]|<\s*\d{1,3}")
_MAX_CATEGORIES = 100
_NOT_A_COUNT = math.nan  # equals no trusted count


@dataclass(frozen=True)
class Claim:
    """A table in long form, one entry a row in each tuple; a trusted part is not in here yet.

    ``margins`` says which keys a row sums over ("All"); ``counts`` is the claimed count, ``None`` where
    the file has no count column; ``hidden`` are rows whose count the researcher suppressed.
    """

    source: str
    frame: pl.DataFrame
    keys: tuple[str, ...]
    cells: tuple[Key, ...]
    margins: tuple[Pattern, ...]
    counts: tuple[float | None, ...]
    hidden: tuple[bool, ...]
    melted: bool  # a crosstab: its other columns are cells, not statistics

    def open_cells(self) -> set[Key]:
        """Cells, not margins, whose count is shown."""
        rows = zip(self.cells, self.margins, self.hidden, strict=True)
        return {cell for cell, margin, hidden in rows if not any(margin) and not hidden}


@dataclass(frozen=True)
class Reproduced:
    """What the data give: the people it is of (those with a value in ``complete``), the size of every
    group, the trusted count of each row."""

    people: pl.DataFrame
    complete: tuple[str, ...]
    groups: Mapping[Key, int]
    counts: tuple[int, ...]

    @property
    def basis(self) -> str:
        """Whom it is of, in words."""
        if len(self.complete) > 1:
            return "rows without a missing value"
        return f"rows with a value of {self.complete[0]}" if self.complete else "all rows"


def find_claim(source: str, frame: pl.DataFrame, table: Table, base: int) -> Claim | None:
    """The claim that ``table`` makes of ``frame``, or ``None`` where it makes none that we can read."""
    return _long_claim(source, frame, table, base) or _crosstab_claim(source, frame, table, base)


def _long_claim(source: str, frame: pl.DataFrame, table: Table, base: int) -> Claim | None:
    counts = [name for name in table.columns if is_count(name, frame)]
    named = tuple(name for name in table.columns if name in frame.columns)
    keys = named if counts else _leading_keys(named, table)
    others = [name for name in table.columns if name not in keys and name not in counts]
    if not keys or len(counts) > 1:
        return None
    if not counts and not (others and all(measures(name, frame) for name in others)):
        return None
    figures = table.column(counts[0]) if counts else None
    claim = _claim(source, frame, keys, _cells(table, keys), figures)
    fewer = _leading_keys(keys, table)
    if fewer not in ((), keys) and reproduce(claim, base) is None:
        # ``sex,count,age`` may be the mean age by sex rather than a count by sex and age.
        other = _claim(source, frame, fewer, _cells(table, fewer), figures)
        claim = claim if reproduce(other, base) is None else other
    return claim


def _cells(table: Table, keys: Sequence[str]) -> list[Key]:
    places = [table.columns.index(name) for name in keys]
    return [tuple(row[place] for place in places) for row in table.rows]


def _leading_keys(keys: tuple[str, ...], table: Table) -> tuple[str, ...]:
    """Of columns named like variables, the first ones that tell the rows apart."""
    for size in range(1, len(keys) + 1):
        if len(set(_cells(table, keys[:size]))) == len(table.rows):
            return keys[:size]
    return ()


def _crosstab_claim(source: str, frame: pl.DataFrame, table: Table, base: int) -> Claim | None:
    """``sex,0,1`` for ``crosstab(sex, qsmk)``: the variable across is known by its categories."""
    down = table.columns[0]
    if down not in frame.columns or len(table.columns) < 2:
        return None
    across = [canonical_cell(name) for name in table.columns[1:]]
    cells: list[Key] = [(row[0], value) for row in table.rows for value in across]
    figures = [cell for row in table.rows for cell in row[1:]]
    for name in frame.columns:
        known = _categories(frame, name)
        if name == down or not known:
            continue
        if all(value in known or _is_margin(value, known) for value in across):
            claim = _claim(source, frame, (down, name), cells, figures, melted=True)
            if reproduce(claim, base) is not None:
                return claim
    return None


def _claim(
    source: str,
    frame: pl.DataFrame,
    keys: tuple[str, ...],
    cells: Sequence[Key],
    figures: Sequence[str | None] | None,
    *,
    melted: bool = False,
) -> Claim:
    known = [_categories(frame, name) for name in keys]
    margins = tuple(
        tuple(_is_margin(value, names) for value, names in zip(cell, known, strict=True))
        for cell in cells
    )
    counts: tuple[float | None, ...] = (None,) * len(cells)
    hidden = (False,) * len(cells)
    if figures is not None:
        hidden = tuple(_is_suppressed(figure) for figure in figures)
        counts = tuple(_count(figure) for figure in figures)
    return Claim(source, frame, keys, tuple(cells), margins, counts, hidden, melted)


def _count(figure: str | None) -> float:
    number = as_number(figure)
    return _NOT_A_COUNT if number is None else number


def _is_suppressed(figure: str | None) -> bool:
    return figure is None or bool(_SUPPRESSED.fullmatch(figure.lower()))


def _categories(frame: pl.DataFrame, name: str) -> frozenset[str | None]:
    unique = frame.get_column(name).unique()
    if len(unique) > _MAX_CATEGORIES:
        return frozenset()
    return frozenset(canonical_cell(value) for value in unique.to_list())


def _is_margin(value: str | None, known: frozenset[str | None]) -> bool:
    return value is not None and value.lower() in _MARGINS and value not in known


def variants(frame: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], pl.DataFrame]]:
    """The people that a table may be of, with the columns in which they have a value: all of them,
    those with a value of one variable, or of all."""
    yield (), frame
    holed = tuple(column.name for column in frame.get_columns() if column.null_count())
    for name in holed:
        yield (name,), frame.filter(pl.col(name).is_not_null())
    if len(holed) > 1:
        yield holed, frame.drop_nulls()


def reproduce(claim: Claim, base: int) -> Reproduced | None:
    """The first variant of the people under which every count is right, exactly or rounded to ``base``."""
    for complete, people in variants(claim.frame):
        groups = group_sizes(people, claim.keys)
        counts = trusted_counts(claim, groups)
        if not wrong_rows(claim, counts) or _is_rounded(claim, counts, base):
            return Reproduced(people, complete, groups, counts)
    return None


def wrong_rows(claim: Claim, counts: Sequence[int]) -> list[int]:
    """The rows, from 1, whose claimed count is not the trusted one."""
    rows = enumerate(zip(claim.counts, counts, claim.hidden, strict=True), start=1)
    return [
        number
        for number, (claimed, count, hidden) in rows
        if claimed is not None and claimed != count and not hidden
    ]


def _is_rounded(claim: Claim, counts: Sequence[int], base: int) -> bool:
    return all(
        hidden or (claimed is not None and claimed % base == 0 and 2 * abs(claimed - count) <= base)
        for claimed, count, hidden in zip(claim.counts, counts, claim.hidden, strict=True)
    )


def group_sizes(frame: pl.DataFrame, keys: Sequence[str]) -> dict[Key, int]:
    """How many rows each combination of ``keys`` has, by canonical values; missing is a value too."""
    sizes: dict[Key, int] = {}
    for *values, count in frame.group_by(keys).len(name="__size").iter_rows():
        key = tuple(canonical_cell(value) for value in values)
        sizes[key] = sizes.get(key, 0) + int(count)
    return sizes


def trusted_counts(claim: Claim, groups: Mapping[Key, int]) -> tuple[int, ...]:
    """The count of each row: of its cell, or of all cells that its margin sums over."""
    sums = {pattern: summed(groups, pattern) for pattern in set(claim.margins)}
    return tuple(
        sums[pattern].get(masked(cell, pattern), 0)
        for cell, pattern in zip(claim.cells, claim.margins, strict=True)
    )


def summed(groups: Mapping[Key, int], pattern: Pattern) -> dict[Key, int]:
    """``groups`` added up over the keys that ``pattern`` marks."""
    sums: dict[Key, int] = {}
    for key, count in groups.items():
        place = masked(key, pattern)
        sums[place] = sums.get(place, 0) + count
    return sums


def masked(key: Key, pattern: Pattern) -> Key:
    """``key`` with a star where ``pattern`` sums over it."""
    return tuple("*" if over else value for value, over in zip(key, pattern, strict=True))
