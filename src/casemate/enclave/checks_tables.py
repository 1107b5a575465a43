"""The rules on a table of people, applied to the cells that trusted code computed.

The file's own figures are only compared with them: a count that is not what the inputs give is a
refusal by itself, whatever it says.
"""

from collections.abc import Iterable

from casemate.enclave.checks_claims import (
    Claim,
    Key,
    Reproduced,
    find_claim,
    group_sizes,
    masked,
    reproduce,
    summed,
    trusted_counts,
    wrong_rows,
)
from casemate.enclave.checks_columns import is_extreme
from casemate.enclave.checks_measures import check_measures
from casemate.enclave.checks_model import CheckContext, Findings, Rules, listed
from casemate.enclave.checks_parse import Table, is_formula
from casemate.enclave.checks_records import scan_rows
from casemate.enclave.rules.breaches import Breach, report
from casemate.enclave.rules.cells import class_breach, concentrated, empty_counts, small_counts


def check_table(table: Table, context: CheckContext, findings: Findings) -> None:
    """Find the claim that ``table`` makes, reproduce it, and apply every rule on the trusted cells."""
    if not table.rows:
        findings.review("empty", "the table has no rows")
        return
    if any(is_extreme(column) for column in table.columns):
        findings.refuse("extremes", "a minimum or maximum is one person's value")
    if any(is_formula(cell) for row in (table.columns, *table.rows) for cell in row):
        findings.refuse("formula", "a cell would be run by a spreadsheet")
    table = without_index(table)
    for source, frame in context.inputs.items():
        claim = find_claim(source, frame, table, context.rules.rounding_base)
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


def _unrecognised(table: Table, context: CheckContext, findings: Findings) -> None:
    for frame in context.inputs.values():
        scan_rows(table, frame, context, findings)
    findings.review(
        "not recomputed",
        "no input has a table with these columns: its figures cannot be recomputed",
        columns=len(table.columns),
        rows=len(table.rows),
    )


def _judge(claim: Claim, table: Table, context: CheckContext, findings: Findings) -> None:
    rules = context.rules
    if len(set(claim.cells)) != len(claim.cells):
        scan_rows(table, claim.frame, context, findings)
        findings.refuse(
            "claim not reproduced",
            f"the same combination of {', '.join(claim.keys)} stands in more than one row",
        )
        return
    found = reproduce(claim, rules.rounding_base)
    if found is None:
        _not_reproduced(claim, rules, findings)
        return
    findings.note(
        "reproduced",
        f"its {len(claim.cells)} counts were recomputed from {claim.source} ({found.basis})",
    )
    _small_cells(claim, found.counts, rules, findings)
    _left_out(claim, found, rules, findings)
    _class_disclosure(claim, found, rules, findings)
    if not claim.melted:
        check_measures(claim, found.people, table, rules, findings)


def _not_reproduced(claim: Claim, rules: Rules, findings: Findings) -> None:
    counts = trusted_counts(claim, group_sizes(claim.frame, claim.keys))
    wrong = wrong_rows(claim, counts)
    findings.refuse(
        "claim not reproduced",
        f"the counts are not those of {claim.source} by {', '.join(claim.keys)}: see {listed(wrong)}",
        rows=wrong[:10],
    )
    _small_cells(claim, counts, rules, findings)


def _small_cells(claim: Claim, counts: tuple[int, ...], rules: Rules, findings: Findings) -> None:
    shown = [line for line, hidden in enumerate(claim.hidden) if not hidden]
    found = [*small_counts(counts, shown, rules), *empty_counts(counts, shown, rules)]
    _report(found, claim, findings)


def _report(found: Iterable[Breach], claim: Claim, findings: Findings) -> None:
    """Where in the file; a crosstab's cells are counted row by row."""
    report(found, findings, lambda line: line + 1, "cell" if claim.melted else "row")


def _left_out(claim: Claim, found: Reproduced, rules: Rules, findings: Findings) -> None:
    """Cells that the table does not show, but that follow from a total in it or known to all."""
    shown = claim.open_cells()
    if not shown:
        return
    without_value = sum(count for key, count in found.groups.items() if None in key)
    if 0 < without_value < rules.min_cell and not any(None in cell for cell in shown):
        findings.review(
            "missing as a group",
            f"fewer than {rules.min_cell} people lack a value, and follow from the total",
        )
    missing = {
        key: count
        for key, count in found.groups.items()
        if count and key not in shown and None not in key
    }
    if _follows_from_total(claim, missing, rules):
        findings.refuse(
            "differencing",
            f"the cells left out hold fewer than {rules.min_cell} people, and follow from the total",
            threshold=rules.min_cell,
        )
    elif len(set(claim.margins)) > 2 and any(count < rules.min_cell for count in missing.values()):
        findings.review(
            "differencing",
            "small cells are left out beside several margins, and may follow from them",
        )


def _follows_from_total(claim: Claim, missing: dict[Key, int], rules: Rules) -> bool:
    """Whether, under one total that is shown (the grand total is public), few people are left out."""
    everything = (True,) * len(claim.keys)
    totals = {(everything, ("*",) * len(claim.keys))} | {
        (pattern, masked(cell, pattern))
        for cell, pattern, hidden in zip(claim.cells, claim.margins, claim.hidden, strict=True)
        if any(pattern) and not hidden
    }
    sums = {pattern: summed(missing, pattern) for pattern, _ in totals}
    return any(0 < sums[pattern].get(total, 0) < rules.min_cell for pattern, total in totals)


def _class_disclosure(claim: Claim, found: Reproduced, rules: Rules, findings: Findings) -> None:
    """All people of a class in one cell, of all cells that the data have, shown or not."""
    keys = list(found.groups)
    plain = [(False,) * len(claim.keys)] * len(keys)
    alone = {keys[at] for at in concentrated(keys, plain, list(found.groups.values()), rules)}
    lines = tuple(line for line, cell in enumerate(claim.cells) if cell in alone)
    if lines:
        _report([class_breach(lines, rules)], claim, findings)
