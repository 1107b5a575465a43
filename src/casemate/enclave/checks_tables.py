"""A table of people: which table of the inputs it claims to be, recomputed, and the rules on its cells.

Long form: key columns are variables of one input, a count column says how many people, other columns
are statistics of a variable within the cell. A crosstab (``pandas.crosstab``) is melted to long form.
The cells that count are those that trusted code computed; the file's own figures are only compared.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from casemate.enclave.checks_measures import check_measures, split_measure
from casemate.enclave.checks_model import CheckContext, Findings, Rules, listed
from casemate.enclave.checks_parse import Table, as_number, canonical_cell
from casemate.enclave.checks_records import scan_rows

Key = tuple[str | None, ...]
_COUNT_NAMES = frozenset({"n", "count", "counts", "freq", "frequency", "size", "len", "people", "total"})
_MARGINS = frozenset({"all", "total", "sum", "(all)"})
_MAX_CATEGORIES = 100


@dataclass(frozen=True)
class Claim:
    """A table in long form: each row a cell of ``frame`` by ``keys``; a count is ``None`` if not given."""

    source: str
    frame: pl.DataFrame
    keys: tuple[str, ...]
    cells: tuple[Key, ...]
    margins: tuple[tuple[bool, ...], ...]
    counts: tuple[float | None, ...]
    melted: bool  # a crosstab: its other columns are cells, not statistics

    @property
    def complete_cells(self) -> set[Key]:
        return {
            cell for cell, margin in zip(self.cells, self.margins, strict=True) if not any(margin)
        }


def check_table(table: Table, context: CheckContext, findings: Findings) -> None:
    """Find the claim that ``table`` makes, reproduce it, and apply every rule on the trusted cells."""
    if not table.rows:
        findings.review("empty", "the table has no rows")
        return
    if any(column.lower() in {"min", "max"} or _is_extreme(column) for column in table.columns):
        findings.refuse("extremes", "a minimum or maximum is one person's value")
    table = without_index(table)
    for source, frame in context.inputs.items():
        claim = _long_claim(source, frame, table) or _crosstab_claim(source, frame, table)
        if claim is not None:
            _judge(claim, table, context, findings)
            return
    _unrecognised(table, context, findings)


def without_index(table: Table) -> Table:
    """``table`` less a first column without a name that only numbers its rows."""
    if table.columns[0] not in {"", "index", "Unnamed: 0"} or len(table.columns) == 1:
        return table
    first = table.column(table.columns[0])
    for start in (0, 1):
        if first == [str(number) for number in range(start, start + len(first))]:
            return Table(table.columns[1:], tuple(row[1:] for row in table.rows))
    return table


def _is_extreme(column: str) -> bool:
    return bool(re.search(r"(^|_)(min|max|minimum|maximum)(_|$)", column.lower()))


def _unrecognised(table: Table, context: CheckContext, findings: Findings) -> None:
    for frame in context.inputs.values():
        scan_rows(table, frame, context, findings)
    findings.review(
        "not recomputed",
        "no input has a table with these columns: its figures cannot be recomputed",
        columns=len(table.columns),
        rows=len(table.rows),
    )


def _long_claim(source: str, frame: pl.DataFrame, table: Table) -> Claim | None:
    counts = [name for name in table.columns if _is_count(name, frame)]
    keys = tuple(
        name for name in table.columns if name in frame.columns and not _is_count(name, frame)
    )
    if len(counts) > 1:
        return None
    if not counts:  # means and sums by group: the checker counts by itself
        keys = _leading_keys(keys, frame, table)
        others = [name for name in table.columns if name not in keys]
        if not others or not all(split_measure(name, frame) for name in others):
            return None
    if not keys:
        return None
    places = [table.columns.index(name) for name in keys]
    cells = [tuple(row[place] for place in places) for row in table.rows]
    claimed = [as_number(cell) for cell in table.column(counts[0])] if counts else [None for _ in cells]
    return _claim(source, frame, keys, cells, claimed)


def _is_count(name: str, frame: pl.DataFrame) -> bool:
    return name.lower() in _COUNT_NAMES and name not in frame.columns


def _leading_keys(keys: tuple[str, ...], frame: pl.DataFrame, table: Table) -> tuple[str, ...]:
    """Of columns named like variables, those that tell the rows apart; the rest are their means."""
    for size in range(1, len(keys) + 1):
        places = [table.columns.index(name) for name in keys[:size]]
        cells = {tuple(row[place] for place in places) for row in table.rows}
        if len(cells) == len(table.rows):
            return keys[:size]
    return ()


def _crosstab_claim(source: str, frame: pl.DataFrame, table: Table) -> Claim | None:
    """``sex,0,1`` for ``pandas.crosstab(sex, qsmk)``: the variable across is found by its categories."""
    down = table.columns[0]
    if down not in frame.columns or len(table.columns) < 2:
        return None
    across = [canonical_cell(name) for name in table.columns[1:]]
    for name in frame.columns:
        if name == down or name in table.columns:
            continue
        categories = _categories(frame, name)
        if categories and all(value in categories or _is_margin(value, categories) for value in across):
            cells = [(row[0], value) for row in table.rows for value in across]
            claimed = [as_number(cell) for row in table.rows for cell in row[1:]]
            claim = _claim(source, frame, (down, name), cells, claimed, melted=True)
            if claim is not None and reproduce(claim, Rules()) is not None:
                return claim
    return None


def _claim(
    source: str,
    frame: pl.DataFrame,
    keys: tuple[str, ...],
    cells: Sequence[Key],
    claimed: Sequence[float | None],
    *,
    melted: bool = False,
) -> Claim:
    categories = [_categories(frame, name) for name in keys]
    margins = tuple(
        tuple(_is_margin(value, known) for value, known in zip(cell, categories, strict=True))
        for cell in cells
    )
    return Claim(source, frame, keys, tuple(cells), margins, tuple(claimed), melted)


def _categories(frame: pl.DataFrame, name: str) -> frozenset[str | None]:
    unique = frame.get_column(name).unique()
    if len(unique) > _MAX_CATEGORIES:
        return frozenset()
    return frozenset(canonical_cell(value) for value in unique.to_list())


def _is_margin(value: str | None, categories: frozenset[str | None]) -> bool:
    return value is not None and value.lower() in _MARGINS and value not in categories


def variants(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """The people that a table may be of: all, those with a value of one variable, or with all values."""
    yield "all rows", frame
    holed = [column.name for column in frame.get_columns() if column.null_count()]
    for name in holed:
        yield f"rows with a value of {name}", frame.filter(pl.col(name).is_not_null())
    if len(holed) > 1:
        yield "rows without a missing value", frame.drop_nulls()


@dataclass(frozen=True)
class Reproduced:
    """What the data give for a claim: the people it is of, and the trusted count of each of its rows."""

    people: pl.DataFrame
    basis: str
    groups: Mapping[Key, int]
    counts: tuple[int, ...]


def reproduce(claim: Claim, rules: Rules) -> Reproduced | None:
    """The first variant of the people under which every claimed count is right; ``None`` if none is."""
    for basis, people in variants(claim.frame):
        groups = group_sizes(people, claim.keys)
        counts = trusted_counts(claim, groups)
        exact = all(
            claimed is None or claimed == count
            for claimed, count in zip(claim.counts, counts, strict=True)
        )
        if exact or _is_rounded(claim, counts, rules.rounding_base):
            return Reproduced(people, basis, groups, counts)
    return None


def _is_rounded(claim: Claim, counts: tuple[int, ...], base: int) -> bool:
    return all(
        claimed is not None and claimed % base == 0 and 2 * abs(claimed - count) <= base
        for claimed, count in zip(claim.counts, counts, strict=True)
    )


def group_sizes(frame: pl.DataFrame, keys: tuple[str, ...]) -> dict[Key, int]:
    """How many rows each combination of ``keys`` has, by canonical values; missing is a value too."""
    sizes: dict[Key, int] = {}
    for *values, count in frame.group_by(keys).len(name="__size").iter_rows():
        key = tuple(canonical_cell(value) for value in values)
        sizes[key] = sizes.get(key, 0) + int(count)
    return sizes


def trusted_counts(claim: Claim, groups: Mapping[Key, int]) -> tuple[int, ...]:
    """The count of each row: of its cell, or of all cells that its margin sums over."""
    sums: dict[tuple[bool, ...], dict[Key, int]] = {}
    for pattern in set(claim.margins):
        found = sums.setdefault(pattern, {})
        for key, count in groups.items():
            masked = _masked(key, pattern)
            found[masked] = found.get(masked, 0) + count
    return tuple(
        sums[pattern].get(_masked(cell, pattern), 0)
        for cell, pattern in zip(claim.cells, claim.margins, strict=True)
    )


def _masked(key: Key, pattern: tuple[bool, ...]) -> Key:
    return tuple("*" if over else value for value, over in zip(key, pattern, strict=True))


def _judge(claim: Claim, table: Table, context: CheckContext, findings: Findings) -> None:
    rules = context.rules
    if len(set(claim.cells)) != len(claim.cells):
        _repeated(claim, table, context, findings)
        return
    found = reproduce(claim, rules)
    if found is None:
        _not_reproduced(claim, rules, findings)
        return
    findings.note(
        "reproduced",
        f"its {len(claim.cells)} counts were recomputed from {claim.source} ({found.basis})",
    )
    _small_cells(claim, found.counts, rules, findings)
    _left_out(claim, found, rules, findings)
    _class_disclosure(claim, found, findings)
    if not claim.melted:
        check_measures(claim.keys, claim.cells, claim.margins, found.people, table, context, findings)


def _repeated(claim: Claim, table: Table, context: CheckContext, findings: Findings) -> None:
    """The same cell twice is no table by these keys: rows of people, or keys that we do not see."""
    scan_rows(table, claim.frame, context, findings)
    findings.refuse(
        "claim not reproduced",
        f"the same combination of {', '.join(claim.keys)} stands in more than one row",
    )


def _not_reproduced(claim: Claim, rules: Rules, findings: Findings) -> None:
    counts = trusted_counts(claim, group_sizes(claim.frame, claim.keys))
    wrong = [
        number
        for number, (claimed, count) in enumerate(zip(claim.counts, counts, strict=True), start=1)
        if claimed != count
    ]
    findings.refuse(
        "claim not reproduced",
        f"the counts are not those of {claim.source} by {', '.join(claim.keys)}: see {listed(wrong)}",
        rows=wrong[:10],
    )
    small = [
        number for number, count in enumerate(counts, start=1) if 0 < count < rules.min_cell
    ]
    if small:
        _refuse_small(small, rules, findings)


def _small_cells(
    claim: Claim, counts: tuple[int, ...], rules: Rules, findings: Findings
) -> None:
    small = [number for number, count in enumerate(counts, start=1) if 0 < count < rules.min_cell]
    if small:
        _refuse_small(small, rules, findings)
    zero = [number for number, count in enumerate(counts, start=1) if count == 0]
    if zero:
        message = f"{listed(zero)}: nobody is in the cell, which says so of everybody"
        findings.review("zero cells", message, rows=zero[:10])


def _refuse_small(small: list[int], rules: Rules, findings: Findings) -> None:
    findings.refuse(
        "minimum cell count",
        f"{listed(small)}: the cell holds fewer than {rules.min_cell} people",
        rows=small[:10],
        cells=len(small),
        threshold=rules.min_cell,
    )


def _left_out(claim: Claim, found: Reproduced, rules: Rules, findings: Findings) -> None:
    """Cells that are missing from the table, but follow from a total that is in it or known to all."""
    missing = {key: n for key, n in found.groups.items() if key not in claim.complete_cells and n}
    patterns = {pattern for pattern in claim.margins if any(pattern)} | {(True,) * len(claim.keys)}
    if not claim.complete_cells or not missing:
        return
    for pattern in patterns:
        shown = {
            _masked(cell, pattern)
            for cell, margin in zip(claim.cells, claim.margins, strict=True)
            if margin == pattern
        } or {_masked((None,) * len(claim.keys), pattern)}
        hidden: dict[Key, int] = {}
        for key, count in missing.items():
            hidden[_masked(key, pattern)] = hidden.get(_masked(key, pattern), 0) + count
        if any(0 < hidden.get(total, 0) < rules.min_cell for total in shown):
            findings.refuse(
                "differencing",
                f"the cells left out hold fewer than {rules.min_cell} people, and follow from the total",
                threshold=rules.min_cell,
            )
            return
    if len(patterns) > 2 and any(count < rules.min_cell for count in missing.values()):
        findings.review(
            "differencing", "small cells are left out beside several margins: they may follow from them"
        )


def _class_disclosure(claim: Claim, found: Reproduced, findings: Findings) -> None:
    """All people of a row in one cell of it: the row's members are told that value, each of them."""
    for place, name in enumerate(claim.keys):
        if len(claim.keys) < 2 or len({key[place] for key in found.groups}) < 2:
            continue
        classes: dict[Key, set[str | None]] = {}
        for key, count in found.groups.items():
            if count:
                classes.setdefault(key[:place] + key[place + 1 :], set()).add(key[place])
        alone = [
            number
            for number, cell in enumerate(claim.cells, start=1)
            if len(classes.get(cell[:place] + cell[place + 1 :], ())) == 1 and cell in found.groups
        ]
        if alone:
            findings.refuse(
                "class disclosure",
                f"{listed(alone)}: all people with the other values have the same {name}",
                rows=alone[:10],
            )
            return
